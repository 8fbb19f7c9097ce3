package main

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/preprocess"
	"padapter/pipeline"
	"padapter/pipeline/isolate"
	"padapter/pipeline/shard"
	"padapter/sampler"
)

type preprocessOptions struct {
	preprocess.Options
	part    string          // "i/n"
	seed    int64           // negative: the recipe's
	windows sampler.Sliding // of length 0 for none
	limits  limitFlags
	engine  engineFlags
}

func newPreprocessCommand() *cobra.Command {
	var opt preprocessOptions
	cmd := &cobra.Command{
		Use:   "preprocess --manifest M --recipe NAME|FILE --out DIR",
		Short: "Decode a manifest's clips once, into shards",
		Long: `Decodes the clips that a recipe describes and writes them as Arrow (or Parquet, or WebDataset tar) files,
uint8 [T, H, W, C], with an index (docs/reference/formats/shard.md). Records that cannot be read become rows with an error.

With --content frames or bytes nothing is chosen yet: every record is stored with all its frames as JPEG pictures, or as
the file it is, and train, eval and label sample clips from that by any recipe.

Running the same command again goes on where it stopped: shards that are complete are kept. A folder that was begun
with another manifest, recipe or seed is refused. The files are the same bytes whatever the number of workers, the
interruptions and the number of jobs that share the work with --shard.`,
		Example: `  padapter preprocess --manifest train.parquet --recipe ssv2-padapter --out shards/train
  padapter preprocess --manifest all.parquet --split val --recipe my.yaml --out shards/val --workers 8
  padapter preprocess --manifest train.parquet --recipe my.yaml --out tars --files webdataset
  padapter preprocess --manifest train.parquet --content frames --short-side 256 --fps 12 --out frames/train
  padapter preprocess --manifest train.parquet --recipe my.yaml --out shards/train --shard $SLURM_ARRAY_TASK_ID/16
  padapter preprocess --manifest train.parquet --recipe my.yaml --out shards/train --engine temporal --temporal db1:7233`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opt.complete(); err != nil {
				return err
			}
			return runPreprocess(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.Manifest, "manifest", "", "what to decode: a manifest (required)")
	f.StringVar(&opt.Recipe, "recipe", "", "recipe: a built-in name or a YAML file; its clip part is used (required for --content clips)")
	f.StringVar(&opt.Out, "out", "", "folder for the shards (required)")
	f.StringVar(&opt.Root, "root", "", "folder that the records' paths start from, instead of the manifest's")
	f.StringVar(&opt.Split, "split", "", "take only this split of the manifest")
	f.StringVar(&opt.part, "shard", "", "do part i of n, such as 3/16 counting from 0; the last part to finish writes the index")
	f.IntVar(&opt.Workers, "workers", 0, "clips decoded at once (0: one a processor)")
	f.BoolVar(&opt.Training, "training", false, "sample clips as the recipe trains (random window, crop and flip) instead of centred")
	f.IntVar(&opt.Views, "views", 0, "clips of each record, which differ with --training (0: the recipe's segments times crops, or 1 with --training)")
	f.IntVar(&opt.Epoch, "epoch", 0, "epoch to draw for with --training")
	f.Int64Var(&opt.seed, "seed", -1, "seed instead of the recipe's")
	f.IntVar(&opt.ShardRecords, "shard-records", 0, "records of a file (0: about 256 MiB)")
	f.StringVar(&opt.Files, "files", shard.Arrow, "kind of files: "+strings.Join(shard.Files(), ", "))
	f.StringVar(&opt.Compression, "compression", "none", "of the files: "+strings.Join(shard.Compressions(), ", ")+" (parquet: none, zstd; webdataset: none)")
	opt.limits.bind(f, isolate.Preferred)
	opt.engine.bind(f)
	f.StringVar(&opt.Content, "content", pipeline.Fixed, "what rows hold: clips, frames (all frames as JPEG pictures, to sample later) or bytes (the files as they are)")
	f.IntVar(&opt.ShortSide, "short-side", 0, "with --content frames: pixels of the pictures' short side, never enlarged (0: the recipe's, or as it is)")
	f.Float64Var(&opt.FPS, "fps", 0, "with --content frames: pictures a second (0: all frames)")
	f.IntVar(&opt.Quality, "quality", 0, "with --content frames: JPEG quantizer, 1 (best) to 31 (0: 4)")
	f.Float64Var(&opt.windows.Length, "window", 0, "cut long videos into windows of so many seconds, a record each; needs probed durations (0: do not)")
	f.Float64Var(&opt.windows.Hop, "hop", 0, "seconds from one window's start to the next (0: half a window)")
	f.StringVar(&opt.windows.Tail, "tail", sampler.TailShift, "what becomes of a video's end that no window covers: shift (a window that ends there), short, drop")
	f.StringVar(&opt.MetricsAddress, "metrics-addr", "", "serve Prometheus metrics at this address while running, such as localhost:9100 (path /metrics)")
	require(cmd, "manifest", "out")
	return cmd
}

// complete puts what several flags say together into the options.
func (o *preprocessOptions) complete() (err error) {
	if o.seed < -1 {
		return usageErrorf("--seed %d: use 0 or more", o.seed)
	}
	if o.seed >= 0 {
		seed := uint64(o.seed)
		o.Seed = &seed
	}
	if o.windows.Length != 0 {
		windows := o.windows.WithDefaults()
		o.Windows = &windows
	} else if o.windows.Hop != 0 {
		return usageErrorf("--hop is the distance of windows: give --window, too")
	}
	if o.windows.Length != 0 && o.engine.engine != engineLocal {
		return usageErrorf("--window works with --engine %s alone: other processes read the manifest themselves", engineLocal)
	}
	if o.Part, o.Parts, err = partOf(o.part); err != nil {
		return err
	}
	o.Limits, o.Version = o.limits.DecodeLimits, versionString()
	return errors.Join(o.Options.Check(), o.limits.Check(), o.engine.Check())
}

// partOf parses --shard.
func partOf(text string) (i, n int, err error) {
	if text == "" {
		return 0, 1, nil
	}
	first, second, _ := strings.Cut(text, "/")
	i, err = strconv.Atoi(first)
	if err == nil {
		n, err = strconv.Atoi(second)
	}
	if err != nil || i < 0 || i >= n {
		return 0, 0, usageErrorf("--shard %q: use i/n with i from 0 to n-1, such as 3/16", text)
	}
	return i, n, nil
}

func runPreprocess(ctx context.Context, opt preprocessOptions) error {
	engine, closeEngine, err := opt.engine.open(ctx)
	if err != nil {
		return err
	}
	defer closeEngine()
	opt.Engine, opt.Observer = engine, observer(ctx)
	summary, err := preprocess.Run(ctx, opt.Options)
	return result(ctx, summary, summary.Text, err)
}

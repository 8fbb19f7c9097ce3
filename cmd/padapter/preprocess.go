package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/ui"
	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline"
	"padapter/pipeline/isolate"
	"padapter/pipeline/media"
	"padapter/pipeline/metrics"
	"padapter/pipeline/shard"
	"padapter/sampler"
)

type preprocessOptions struct {
	manifest, out, recipe, root, split string
	part                               string // "i/n"
	files, compression                 string
	workers, views, epoch              int
	shardRecords                       int
	seed                               int64
	training                           bool
	limits                             limitFlags
	engine                             engineFlags
	content, metrics                   string
	shortSide, quality                 int
	fps                                float64
	windows                            sampler.Sliding
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
			if err := opt.Check(); err != nil {
				return err
			}
			return runPreprocess(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.manifest, "manifest", "", "what to decode: a manifest (required)")
	f.StringVar(&opt.recipe, "recipe", "", "recipe: a built-in name or a YAML file; its clip part is used (required for --content clips)")
	f.StringVar(&opt.out, "out", "", "folder for the shards (required)")
	f.StringVar(&opt.root, "root", "", "folder that the records' paths start from, instead of the manifest's")
	f.StringVar(&opt.split, "split", "", "take only this split of the manifest")
	f.StringVar(&opt.part, "shard", "", "do part i of n, such as 3/16 counting from 0; the last part to finish writes the index")
	f.IntVar(&opt.workers, "workers", 0, "clips decoded at once (0: one a processor)")
	f.BoolVar(&opt.training, "training", false, "sample clips as the recipe trains (random window, crop and flip) instead of centred")
	f.IntVar(&opt.views, "views", 0, "clips of each record, which differ with --training (0: the recipe's segments times crops, or 1 with --training)")
	f.IntVar(&opt.epoch, "epoch", 0, "epoch to draw for with --training")
	f.Int64Var(&opt.seed, "seed", -1, "seed instead of the recipe's")
	f.IntVar(&opt.shardRecords, "shard-records", 0, "records of a file (0: about 256 MiB)")
	f.StringVar(&opt.files, "files", shard.Arrow, "kind of files: "+strings.Join(shard.Files(), ", "))
	f.StringVar(&opt.compression, "compression", "none", "of the files: "+strings.Join(shard.Compressions(), ", ")+" (parquet: none, zstd; webdataset: none)")
	opt.limits.bind(f, isolate.Preferred)
	opt.engine.bind(f)
	f.StringVar(&opt.content, "content", pipeline.Fixed, "what rows hold: clips, frames (all frames as JPEG pictures, to sample later) or bytes (the files as they are)")
	f.IntVar(&opt.shortSide, "short-side", 0, "with --content frames: pixels of the pictures' short side, never enlarged (0: the recipe's, or as it is)")
	f.Float64Var(&opt.fps, "fps", 0, "with --content frames: pictures a second (0: all frames)")
	f.IntVar(&opt.quality, "quality", 0, "with --content frames: JPEG quantizer, 1 (best) to 31 (0: 4)")
	f.Float64Var(&opt.windows.Length, "window", 0, "cut long videos into windows of so many seconds, a record each; needs probed durations (0: do not)")
	f.Float64Var(&opt.windows.Hop, "hop", 0, "seconds from one window's start to the next (0: the window's length)")
	f.StringVar(&opt.windows.Tail, "tail", sampler.TailShift, "what becomes of a video's end that no window covers: shift (a window that ends there), short, drop")
	f.StringVar(&opt.metrics, "metrics-addr", "", "serve Prometheus metrics at this address while running, such as localhost:9100 (path /metrics)")
	require(cmd, "manifest", "out")
	return cmd
}

// Check rejects values that no manifest can make right.
func (o *preprocessOptions) Check() error {
	switch {
	case !manifests.IsManifest(o.manifest):
		return usageErrorf("--manifest %s: the name must end in .parquet, .csv or .jsonl", o.manifest)
	case o.workers < 0 || o.shardRecords < 0 || o.epoch < 0 || o.seed < -1:
		return usageErrorf("--workers %d, --shard-records %d, --epoch %d, --seed %d: use 0 or more", o.workers, o.shardRecords, o.epoch, o.seed)
	case o.limits.Check() != nil:
		return o.limits.Check()
	case !slices.Contains([]string{pipeline.Fixed, media.Frames, media.Original}, o.content):
		return usageErrorf("--content %s: use %s, %s or %s", o.content, pipeline.Fixed, media.Frames, media.Original)
	case o.content == pipeline.Fixed && o.recipe == "":
		return usageErrorf("--recipe is needed: it says what a clip is")
	case o.content != media.Frames && (o.shortSide != 0 || o.fps != 0 || o.quality != 0):
		return usageErrorf("--short-side, --fps and --quality are for --content %s", media.Frames)
	case o.content != pipeline.Fixed && (o.training || o.views != 0 || o.epoch != 0):
		return usageErrorf("--training, --views and --epoch are for --content %s: other contents are sampled when they are read", pipeline.Fixed)
	case o.windows.Length != 0 && o.windowing().Validate() != nil:
		return usageErrorf("--window %g, --hop %g, --tail %s: %v", o.windows.Length, o.windows.Hop, o.windows.Tail, o.windowing().Validate())
	case o.windows.Length == 0 && o.windows.Hop != 0:
		return usageErrorf("--hop is the distance of windows: give --window, too")
	case o.windows.Length != 0 && o.engine.engine != engineLocal:
		return usageErrorf("--window works with --engine %s alone: other processes read the manifest themselves", engineLocal)
	case o.views < 0:
		return usageErrorf("--views %d: use 0 or more", o.views)
	}
	if err := shard.CheckFiles(o.files, o.compression); err != nil {
		return usageErrorf("--files %s, --compression %s: %v", o.files, o.compression, err)
	}
	if err := o.engine.Check(); err != nil {
		return err
	}
	_, _, err := o.partOf()
	return err
}

// windowing is the windows with the default hop.
func (o *preprocessOptions) windowing() sampler.Sliding {
	w := o.windows
	if w.Hop == 0 {
		w.Hop = w.Length
	}
	return w
}

// partOf parses --shard.
func (o *preprocessOptions) partOf() (i, n int, err error) {
	if o.part == "" {
		return 0, 1, nil
	}
	first, second, _ := strings.Cut(o.part, "/")
	i, err = strconv.Atoi(first)
	if err == nil {
		n, err = strconv.Atoi(second)
	}
	if err != nil || i < 0 || i >= n {
		return 0, 0, usageErrorf("--shard %q: use i/n with i from 0 to n-1, such as 3/16", o.part)
	}
	return i, n, nil
}

// share makes the paths such that workers elsewhere may be told them.
func (o *preprocessOptions) share() error {
	for _, path := range []*string{&o.manifest, &o.out, &o.root} {
		whole, err := jobs.Absolute(*path)
		if err != nil {
			return err
		}
		if o.engine.engine != engineLocal {
			*path = whole
		}
	}
	return nil
}

func runPreprocess(ctx context.Context, opt preprocessOptions) error {
	console := ui.From(ctx)
	r := new(recipe.Recipe)
	var err error
	if opt.recipe != "" {
		if r, err = recipe.Load(opt.recipe); err != nil {
			return err
		}
	}
	if opt.content == media.Frames && opt.shortSide == 0 {
		opt.shortSide = r.Clip.ShortSide
	}
	records, err := openRecords(opt.manifest, opt.split, opt.windowing())
	if err != nil {
		return err
	}
	defer records.Close()
	if records.Len() == 0 {
		return usageErrorf("%s has no records (--split %q)", opt.manifest, opt.split)
	}
	if opt.root == "" {
		opt.root = records.Head().Root
	}
	if err := opt.share(); err != nil {
		return err
	}
	files, err := source.Open(ctx, opt.root)
	if err != nil {
		return err
	}
	defer files.Close()
	engine, closeEngine, err := opt.engine.open(ctx, 2) // one finishes and syncs its file while the other decodes
	if err != nil {
		return err
	}
	defer closeEngine()
	seed := r.Train.Seed
	if opt.seed >= 0 {
		seed = uint64(opt.seed)
	}
	part, parts, err := opt.partOf()
	if err != nil {
		return err
	}
	var exporter metrics.Exporter
	if opt.metrics != "" {
		address, stop, err := exporter.Serve(opt.metrics)
		if err != nil {
			return err
		}
		defer func() { _ = stop() }() // what it reported is in the summary
		console.Note("metrics at http://%s/metrics", address)
	}
	decoder := opt.limits.Decoder()
	decoder.Measure = decode.WallClock
	task := console.Start("preprocess", int64(records.Len()*max(1, opt.views)))
	summary, err := pipeline.Preprocess(ctx, pipeline.PreprocessOptions{
		Options: pipeline.Options{
			Workers: jobs.Workers(opt.workers), Seed: seed, Epoch: opt.epoch, Training: opt.training, Views: opt.views, Timeout: opt.limits.Timeout,
			Decoder: decoder, Isolate: opt.limits.Isolate,
			Version: versionString(),
			Progress: func(p pipeline.Progress) {
				detail := ""
				if p.Failed > 0 {
					detail = fmt.Sprintf("%d with errors", p.Failed)
				}
				task.Set(p.Done, p.Total, detail)
			},
		},
		Records: records, Source: files, Clip: r.Clip, Out: opt.out,
		Watch: exporter.Set, Content: opt.content, ShortSide: opt.shortSide, FPS: opt.fps, Quality: opt.quality,
		ShardRecords: opt.shardRecords, Files: opt.files, Compression: opt.compression, Shard: part, Shards: parts,
		Engine: engine, File: pipeline.ManifestFile{Path: opt.manifest, Split: opt.split, Root: opt.root},
	})
	task.Finish()
	if err != nil {
		return err
	}
	if err := console.Result(summary, func() string { return preprocessText(summary) }); err != nil {
		return err
	}
	return jobs.RecordsFailed(summary.Errors, summary.Rows, opt.out)
}

// preprocessText is the summary for people.
func preprocessText(s pipeline.Summary) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d rows in %d shards (%d kept, %d made), %.1f MB\n", s.Out, s.Rows, s.Kept+s.Made, s.Kept, s.Made, float64(s.Bytes)/1e6)
	if c := s.Counts; c.Rows > 0 {
		seconds := max(s.Seconds, 1e-9)
		fmt.Fprintf(&out, "  %.1f clips/s, %.0f frames/s; %.1f MB read, %.1f MB of pixels\n", float64(c.Rows)/seconds, float64(c.Frames)/seconds, float64(c.BytesIn)/1e6, float64(c.BytesOut)/1e6)
		fmt.Fprintf(&out, "  worker time: open %s, decode %s (codec %s, pixels %s); writing %s\n",
			rounded(c.Open), rounded(c.Decode), rounded(c.Codec), rounded(c.Pixels), rounded(c.Emit))
		if c.Damaged > 0 {
			fmt.Fprintf(&out, "  %d clips were read in spite of damage\n", c.Damaged)
		}
		for _, reason := range slices.Sorted(maps.Keys(c.Errors)) {
			fmt.Fprintf(&out, "  error %s: %d\n", reason, c.Errors[reason])
		}
	}
	if !s.Complete {
		out.WriteString("  not complete yet: other parts of --shard are still to be done\n")
	}
	return out.String()
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

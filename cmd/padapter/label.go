package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/label"
	"padapter/models/backend"
	"padapter/models/segment"
	"padapter/pipeline/isolate"
	"padapter/sampler"
)

type labelOptions struct {
	label.Options
	out     string
	also    []string        // DIR=FILE
	windows sampler.Sliding // of length 0 for none
	limits  limitFlags
	engine  engineFlags
}

func newLabelCommand() *cobra.Command {
	var opt labelOptions
	cmd := &cobra.Command{
		Use:   "label --checkpoint DIR --input PATH|M --out FILE",
		Short: "Label a folder, a manifest or shards, one row for each input",
		Long: `Decodes every input with the clip settings that the checkpoint was trained with and writes one row for each:
id, uri, the k best labels with names and scores, or the reason why there are none (docs/reference/formats/labels.md). The
output is Parquet, JSON Lines or CSV by its extension and appears only when it is complete.

With --window videos of any length are cut into overlapping windows, each video decoded once from beginning to end,
and every window has a row; --segments and --webvtt merge them into time segments.

Inputs are labelled in units of --unit, each of which appears whole in a ledger, a folder beside the output. The same
command again goes on where it was stopped, however that was, and the output is the same as if it had not been. Run on
a list that has changed, only what is new or has changed is labelled, and what is gone is reported. Other settings are
refused: --restart gives up what there is.

With --engine temporal the units are done by 'padapter worker' processes, which need the checkpoint, the input and the
ledger at the same paths (docs/guides/temporal.md).

With --also DIR=FILE further adapters on the same backbone label the same clips in the same pass: clips are decoded
once, and the backbone is in memory once. They must have been trained with the same clip settings.

With --precision bfloat16 the summary and the file's metadata say how it agrees with float32: as 'padapter eval --against
float32' has stored it with the checkpoint, or as it is measured first on 64 of the inputs, drawn by the recipe's seed.
A ledger goes on in the precision, with the engine and with the batches that it was begun with.

The exit code is 3 when some rows have an error instead of labels.`,
		Example: `  padapter label --checkpoint run1 --input clips/ --out labels.parquet
  padapter label --checkpoint run1 --input archive.parquet --out labels.jsonl --top-k 3
  padapter label --checkpoint run1 --input archive/ --window 2 --hop 0.5 --out windows.parquet --segments segments.parquet
  padapter label --checkpoint hmdb51 --also ucf101-adapter=ucf101.parquet --input clips/ --out hmdb51.parquet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opt.complete(); err != nil {
				return err
			}
			return runLabel(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.Checkpoint, "checkpoint", "", "checkpoint folder, or the output folder of 'padapter train' (required)")
	f.StringVar(&opt.Backbone, "backbone", "", "checkpoint folder or file with the backbone, when the checkpoint holds the adapter alone")
	f.StringArrayVar(&opt.also, "also", nil, "another adapter and the file of its labels, as DIR=FILE; may be repeated")
	f.StringVar(&opt.Input, "input", "", "a folder, a tar archive or s3://BUCKET/PREFIX (gs, azblob) with videos and images, one file, a manifest, or a folder of shards (required)")
	f.StringVar(&opt.Split, "split", "", "take only this split of the manifest")
	f.StringVar(&opt.out, "out", "", "output file: .parquet, .jsonl or .csv (required)")
	f.StringVar(&opt.Backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	bindDevices(cmd, &opt.Devices, "each has all weights and takes an equal share of every batch, and scores differ by rounding only (XLA)")
	bindPrecision(cmd, &opt.Precision)
	f.IntVar(&opt.TopK, "top-k", 0, "labels of each input (0: the recipe's)")
	f.Float64Var(&opt.Temperature, "temperature", 0, "divide logits by this before the softmax (0: what eval --calibrate --save stored in the checkpoint, or else 1)")
	f.IntVar(&opt.Views, "views", 1, "clips of each video, spread over its length, whose logits are averaged (0: the recipe's)")
	f.IntVar(&opt.Crops, "crops", 1, "crops of each of these clips: 1, 3 or 5 (0: the recipe's)")
	f.BoolVar(&opt.Embedding, "embedding", false, "add a column with what the network's head sees of the input (.parquet, .jsonl)")
	f.Float64Var(&opt.Abstain, "abstain", 0, "mark rows whose best score is below this")
	f.Float64Var(&opt.windows.Length, "window", 0, "cut videos into windows of so many seconds, a row for each (0: one clip of each video)")
	f.Float64Var(&opt.windows.Hop, "hop", 0, "seconds from one window's start to the next (0: half a window)")
	f.StringVar(&opt.windows.Tail, "tail", sampler.TailShift, "the end that no whole window covers: "+strings.Join([]string{sampler.TailShift, sampler.TailShort, sampler.TailDrop}, ", "))
	f.StringVar(&opt.SegmentsFile, "segments", "", "with --window: merge the windows into time segments in this .parquet, .jsonl or .csv file")
	f.StringVar(&opt.WebVTT, "webvtt", "", "with --window: write each video's segments as a WebVTT file below this folder")
	opt.Find = segment.DefaultOptions
	f.Float64Var(&opt.Find.On, "on", opt.Find.On, "score from which a class is on")
	f.Float64Var(&opt.Find.Off, "off", opt.Find.Off, "score below which a class is off again")
	f.Float64Var(&opt.Find.MinLengthSeconds, "min-length", opt.Find.MinLengthSeconds, "shortest segment in seconds")
	f.Float64Var(&opt.Find.JoinGapSeconds, "join-gap", opt.Find.JoinGapSeconds, "longest gap in seconds between two segments of a class that become one")
	f.Float64Var(&opt.Find.CloseGapSeconds, "meet", opt.Find.CloseGapSeconds, "longest gap in seconds between segments of different classes that is closed in its middle; the windows' length suits actions that follow at once")
	f.IntVar(&opt.Batch, "batch", 0, "clips on the devices at once (0: the recipe's, or fewer where they would take more than a quarter of the memory)")
	f.IntVar(&opt.Workers, "workers", 0, "clips decoded at once (0: one a processor)")
	f.StringVar(&opt.Ledger, "ledger", "", "folder of what is done already (default: the output's name with .ledger)")
	f.IntVar(&opt.Unit, "unit", 0, "inputs that are done and kept together (0: 256 clips, or 16 videos with --window, or a shard)")
	f.BoolVar(&opt.Restart, "restart", false, "remove the ledger first, with all that is done")
	f.BoolVar(&opt.Retry, "retry-failed", false, "label inputs again that have an error in the ledger")
	opt.limits.bind(f, isolate.Preferred)
	opt.engine.bind(f)
	for _, name := range []string{"checkpoint", "input", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

// complete puts what several flags say together into the options.
func (o *labelOptions) complete() error {
	o.Outputs = []string{o.out}
	for _, also := range o.also {
		dir, out, ok := strings.Cut(also, "=")
		if !ok || dir == "" || out == "" {
			return usageErrorf("--also %q: use DIR=FILE", also)
		}
		o.Also, o.Outputs = append(o.Also, dir), append(o.Outputs, out)
	}
	if o.windows.Length != 0 {
		windows := o.windows.WithDefaults()
		if err := errors.Join(windows.Validate(), o.Find.Validate()); err != nil {
			return usageErrorf("%w", err)
		}
		o.Windows = &windows
	} else if o.windows.Hop != 0 {
		return usageErrorf("--hop is about windows: name their length with --window")
	}
	if err := errors.Join(o.Options.Check(), checkDevices(o.Devices), o.engine.Check()); err != nil {
		return err
	}
	o.Limits, o.Version = o.limits.DecodeLimits, versionString()
	return o.limits.Check()
}

func runLabel(ctx context.Context, opt labelOptions) error {
	opt.Observer = observer(ctx)
	engine, closeEngine, err := opt.engine.open(ctx)
	if err != nil {
		return err
	}
	defer closeEngine()
	opt.Engine = engine
	summary, err := label.Run(ctx, opt.Options)
	return result(ctx, summary, summary.Text, err)
}

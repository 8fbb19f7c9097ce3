package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/train"
	"padapter/cmd/internal/ui"
	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/pipeline/isolate"
)

type trainFlags struct {
	train.Options
	limits        limitFlags
	recipe        string
	epochs        int
	seed          int64
	cacheFeatures int // MiB
}

func newTrainCommand() *cobra.Command {
	opt := trainFlags{Options: train.Options{Version: versionString()}}
	cmd := &cobra.Command{
		Use:   "train --recipe NAME|FILE --train M|DIR --val M|DIR --out DIR",
		Short: "Fine-tune a video transformer with PAdapter, linearly, or fully",
		Long: `Trains the network that a recipe describes on labelled clips: shards that 'padapter preprocess' wrote,
or a manifest whose videos are decoded on the fly. With --backbone the backbone starts from a checkpoint and, but
for full tuning, stays frozen; without it the backbone starts from random values, which only full tuning can use.

OUT receives best/ (the model that was best on the validation clips), last/, log.jsonl, result.json and state/.
A run that was stopped goes on with --resume at the very next batch, with the losses it would have had.`,
		Example: `  padapter train --recipe ssv2-padapter --train train.parquet --val val.parquet --backbone vitb/ --out run1
  padapter train --recipe my.yaml --train shards/train --val shards/val --backbone source/best --out run2
  padapter train --recipe my.yaml --train shards/train --val shards/val --out run2 --resume`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opt.Check(); err != nil {
				return err
			}
			return runTrain(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.recipe, "recipe", "", "recipe: a built-in name or a YAML file (required)")
	bindClips(f, &opt.Sets.Train, "train", "training clips: a manifest or a folder of shards (required)", "training")
	bindClips(f, &opt.Sets.Val, "val", "validation clips, which choose the best epoch (required)", "validation")
	f.StringVar(&opt.Out, "out", "", "output folder (required)")
	f.StringVar(&opt.Backbone, "backbone", "", "start the backbone from this checkpoint folder or safetensors file")
	f.StringVar(&opt.Backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	bindDevices(cmd, &opt.Devices, "each has all weights and takes an equal share of every batch, and the result differs by rounding only (XLA)")
	f.IntVar(&opt.Sets.Workers, "workers", 0, "clips decoded at once when training from a manifest (0: one a processor)")
	opt.limits.bind(f, isolate.Off)
	f.IntVar(&opt.epochs, "epochs", 0, "epochs instead of the recipe's")
	f.Int64Var(&opt.seed, "seed", -1, "seed instead of the recipe's")
	f.IntVar(&opt.MicroBatch, "micro-batch", 0, "clips on the devices at once; saves memory, does not change the result (0: the whole batch)")
	f.IntVar(&opt.cacheFeatures, "cache-features", 0, "MiB of a frozen backbone's features to keep, so that clips go through it once; for tuning linear and clips sampled alike in every epoch")
	f.BoolVar(&opt.Resume, "resume", false, "go on from the newest state in the output folder")
	f.BoolVar(&opt.Overwrite, "overwrite", false, "start over in an output folder that holds a run")
	f.IntVar(&opt.SaveEvery, "save-every", 0, "steps between two states, beside those after every epoch and at SIGTERM")
	f.IntVar(&opt.KeepStates, "keep-states", 2, "newest states to keep")
	f.IntVar(&opt.LogEvery, "log-every", 1, "steps between two lines of log.jsonl")
	require(cmd, "recipe", "train", "val", "out")
	return cmd
}

// Check rejects values that no run can work with.
func (o *trainFlags) Check() error {
	switch {
	case o.Resume && o.Overwrite:
		return usageErrorf("--resume and --overwrite exclude each other")
	case o.Sets.Workers < 0 || o.epochs < 0 || o.MicroBatch < 0 || o.cacheFeatures < 0 || o.SaveEvery < 0:
		return usageErrorf("--workers, --epochs, --micro-batch, --cache-features and --save-every may not be negative")
	case o.KeepStates < 1 || o.LogEvery < 1:
		return usageErrorf("--keep-states and --log-every must be at least 1")
	}
	return errors.Join(checkDevices(o.Devices), o.limits.Check())
}

func runTrain(ctx context.Context, opt trainFlags) (err error) {
	if opt.Recipe, err = recipe.Load(opt.recipe); err != nil {
		return err
	}
	opt.Recipe.SetEpochs(opt.epochs)
	if opt.seed >= 0 {
		opt.Recipe.Train.Seed = uint64(opt.seed)
	}
	if err := opt.Recipe.Validate(); err != nil {
		return err
	}
	opt.Sets.Limits, opt.Sets.Version = opt.limits.DecodeLimits, opt.Version
	opt.CacheFeatures, opt.Observer = int64(opt.cacheFeatures)<<20, observer(ctx)
	summary, err := train.Run(ctx, opt.Options)
	if err != nil {
		return err
	}
	return errors.Join(ui.From(ctx).Result(summary.Result, summary.Text), summary.Failed())
}

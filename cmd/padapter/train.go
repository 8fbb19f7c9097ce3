package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/cmd/internal/ui"
	"padapter/manifests/recipe"
	"padapter/manifests/storage"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/classifier"
	"padapter/models/train"
	"padapter/pipeline/isolate"
)

type trainOptions struct {
	recipe, train, val   string
	trainSplit, valSplit string
	out, backbone        string
	backend              string
	workers              int
	epochs               int
	seed                 int64
	microBatch           int
	cacheFeatures        int // MiB
	resume, overwrite    bool
	saveEvery            int
	keepStates           int
	logEvery             int
	limits               limitFlags
}

func newTrainCommand() *cobra.Command {
	var opt trainOptions
	cmd := &cobra.Command{
		Use:   "train --recipe NAME|FILE --train M|DIR --val M|DIR --out DIR",
		Short: "Fine-tune a video transformer with PAdapter, linearly, or fully",
		Long: `Trains the network that a recipe describes on labelled clips: shards that 'padapter preprocess' wrote,
or a manifest whose videos are decoded on the fly. With --backbone the trunk starts from a checkpoint and, but
for full tuning, stays frozen; without it the trunk starts from random values, which only full tuning can use.

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
	f.StringVar(&opt.train, "train", "", "training clips: a manifest or a folder of shards (required)")
	f.StringVar(&opt.val, "val", "", "validation clips, which choose the best epoch (required)")
	f.StringVar(&opt.trainSplit, "train-split", "", "split of the training manifest, or all (default: train, where there is one)")
	f.StringVar(&opt.valSplit, "val-split", "", "split of the validation manifest, or all (default: val, where there is one)")
	f.StringVar(&opt.out, "out", "", "output folder (required)")
	f.StringVar(&opt.backbone, "backbone", "", "start the trunk from this checkpoint folder or safetensors file")
	f.StringVar(&opt.backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	f.IntVar(&opt.workers, "workers", 0, "clips decoded at once when training from a manifest (0: one a processor)")
	opt.limits.bind(f, isolate.Off)
	f.IntVar(&opt.epochs, "epochs", 0, "epochs instead of the recipe's")
	f.Int64Var(&opt.seed, "seed", -1, "seed instead of the recipe's")
	f.IntVar(&opt.microBatch, "micro-batch", 0, "clips on the device at once; saves memory, does not change the result (0: the whole batch)")
	f.IntVar(&opt.cacheFeatures, "cache-features", 0, "MiB of a frozen trunk's features to keep, so that clips go through it once; for tuning linear and clips sampled alike in every epoch")
	f.BoolVar(&opt.resume, "resume", false, "go on from the newest state in the output folder")
	f.BoolVar(&opt.overwrite, "overwrite", false, "start over in an output folder that holds a run")
	f.IntVar(&opt.saveEvery, "save-every", 0, "steps between two states, beside those after every epoch and at SIGTERM")
	f.IntVar(&opt.keepStates, "keep-states", 2, "newest states to keep")
	f.IntVar(&opt.logEvery, "log-every", 1, "steps between two lines of log.jsonl")
	for _, name := range []string{"recipe", "train", "val", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

// Check rejects values that no run can work with.
func (o *trainOptions) Check() error {
	switch {
	case o.resume && o.overwrite:
		return usageErrorf("--resume and --overwrite exclude each other")
	case o.workers < 0 || o.epochs < 0 || o.microBatch < 0 || o.cacheFeatures < 0 || o.saveEvery < 0:
		return usageErrorf("--workers, --epochs, --micro-batch, --cache-features and --save-every may not be negative")
	case o.keepStates < 1 || o.logEvery < 1:
		return usageErrorf("--keep-states and --log-every must be at least 1")
	}
	if err := o.limits.Check(); err != nil {
		return err
	}
	if o.resume || o.overwrite {
		return nil
	}
	if _, err := storage.Stat(storage.Join(o.out, train.LogFile)); err == nil {
		return usageErrorf("--out %s holds a run already: add --resume to go on with it or --overwrite to start over", o.out)
	}
	return nil
}

// loadRecipe reads the recipe and puts the flags over it.
func (o *trainOptions) loadRecipe() (*recipe.Recipe, error) {
	r, err := recipe.Load(o.recipe)
	if err != nil {
		return nil, err
	}
	r.SetEpochs(o.epochs)
	if o.seed >= 0 {
		r.Train.Seed = uint64(o.seed)
	}
	return r, r.Validate()
}

func runTrain(ctx context.Context, opt trainOptions) (err error) {
	console := ui.From(ctx)
	r, err := opt.loadRecipe()
	if err != nil {
		return err
	}
	engine, err := backend.Open(opt.backend)
	if err != nil {
		return err
	}
	console.Note("backend %s: %s", engine.Engine, engine.Why)
	trainData, err := inputs.OpenClips(ctx, opt.train, inputs.ClipSettings{Clip: r.Clip, Use: inputs.ForTraining, Split: opt.trainSplit, Seed: r.Train.Seed, Training: true, Balanced: r.Train.Sampling == recipe.ClassBalanced, Workers: opt.workers, Limits: opt.limits.DecodeLimits, Yield: engine.OnProcessors(), Version: versionString()})
	if err != nil {
		return fmt.Errorf("training clips: %w", err)
	}
	defer func() { err = errors.Join(err, trainData.Close()) }()
	valData, err := inputs.OpenClips(ctx, opt.val, inputs.ClipSettings{Clip: r.Clip, Use: inputs.ForValidation, Split: opt.valSplit, Seed: r.Train.Seed, Workers: opt.workers, Limits: opt.limits.DecodeLimits, Yield: engine.OnProcessors(), Version: versionString()})
	if err != nil {
		return fmt.Errorf("validation clips: %w", err)
	}
	defer func() { err = errors.Join(err, valData.Close()) }()
	if err := inputs.Disjoint(trainData.Manifest, valData.Manifest); err != nil {
		return err
	}
	out, saved := opt.out, func() error { return nil }
	if storage.Remote(out) {
		mirror, wrong := mirrorRun(out, opt.resume)
		if wrong != nil {
			return wrong
		}
		defer func() { err = errors.Join(err, mirror.close()) }()
		out, saved = mirror.local, mirror.push
	}
	result, err := fit(ctx, fitOptions{
		recipe: r, engine: engine, train: trainData, val: valData, backbone: opt.backbone, out: out,
		adjust: func(o *train.Options) {
			o.MicroBatch = opt.microBatch
			o.CacheFeatures = int64(opt.cacheFeatures) << 20
			o.Resume, o.SaveEvery, o.KeepStates, o.LogEvery = opt.resume, opt.saveEvery, opt.keepStates, opt.logEvery
			o.Saved = saved
		},
	})
	err = errors.Join(err, saved()) // what comes after the last state, or tells why there is none
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w; 'padapter train … --resume' goes on from here", err)
		}
		return err
	}
	if err := console.Result(result, func() string { return trainTable(opt.out, result) }); err != nil {
		return err
	}
	return jobs.RecordsFailed(int(result.Failed), trainData.Len(), storage.Join(opt.out, train.LogFile))
}

func trainTable(out string, result *train.Result) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "best epoch\t%d of %d\n", result.BestEpoch, result.Epochs)
	fmt.Fprintf(w, "validation top-1\t%.2f %%\n", 100*result.ValTop1)
	fmt.Fprintf(w, "trained parameters\t%d of %d (%.2f %%)\n", result.TrainedParameters, result.TotalParameters, 100*float64(result.TrainedParameters)/float64(max(result.TotalParameters, 1)))
	fmt.Fprintf(w, "steps\t%d in %.1f s, of which %.1f s waiting for clips\n", result.Steps, result.Seconds, result.WaitSeconds)
	if result.Failed > 0 || result.Unlabelled > 0 {
		fmt.Fprintf(w, "left out\t%d unreadable, %d without a label\n", result.Failed, result.Unlabelled)
	}
	fmt.Fprintf(w, "model\t%s\n", storage.Join(out, train.BestDir))
	_ = w.Flush() // a strings.Builder does not fail
	return b.String()
}

// fitOptions are one training run; train, compare and demo share it.
type fitOptions struct {
	recipe   *recipe.Recipe
	engine   *backend.Backend
	train    *inputs.ClipData
	val      *inputs.ClipData // chooses the best epoch; nil keeps the last one
	backbone string           // checkpoint folder or file; empty trains from random weights
	out      string
	adjust   func(*train.Options) // may be nil
}

// fit builds the network, trains it and leaves the results in out.
func fit(ctx context.Context, opt fitOptions) (*train.Result, error) {
	console := ui.From(ctx)
	if opt.val == nil {
		opt.val = new(inputs.ClipData) // no data and no identity
	}
	classes := opt.train.Meta().Classes
	network, err := classifier.FromRecipe(opt.recipe, len(classes))
	if err != nil {
		return nil, err
	}
	setPrecision(console, network, opt.recipe, opt.engine)
	store, err := network.NewStore(opt.recipe.Train.Seed)
	if err != nil {
		return nil, err
	}
	defer store.Finalize()
	backbone := ""
	if opt.backbone != "" {
		if backbone, err = checkpoint.LoadBackbone(networks.BestOf(opt.backbone), network, store); err != nil {
			return nil, err
		}
	} else if opt.recipe.Tuning.Kind != "full" {
		console.Note("warning: tuning %s freezes a trunk of random values, because no --backbone was given", opt.recipe.Tuning.Kind)
	}
	trained, err := network.Trained(store)
	if err != nil {
		return nil, err
	}
	identity := sha256.Sum256([]byte(strings.Join([]string{opt.train.Identity, opt.val.Identity, backbone}, "\n")))
	var best train.Progress
	task := console.Start("train", 0)
	o := train.Options{
		Backend: opt.engine.Compute, Store: store, Network: network, Trained: trained, Recipe: opt.recipe,
		Train: opt.train.Data, Val: opt.val.Data, OutDir: opt.out, Identity: hex.EncodeToString(identity[:]),
		Flip: opt.recipe.Clip.Flip && opt.train.AsStored,
		Progress: func(p train.Progress) {
			best = p
			detail := fmt.Sprintf("epoch %d/%d loss %.4f rate %.2g", min(p.Epoch+1, p.Epochs), p.Epochs, p.Loss, p.Rate)
			if p.ValTop1 >= 0 {
				detail += fmt.Sprintf(" val %.1f %%", 100*p.ValTop1)
			}
			task.Set(p.Step, p.Steps, detail)
		},
		Save: func(dir string) error {
			return checkpoint.Save(dir, network, store, checkpoint.Facts{
				Tool: "padapter " + versionString(), Recipe: opt.recipe, Classes: classes,
				Metrics: map[string]float64{"val_top1": max(best.ValTop1, 0)},
			})
		},
	}
	if opt.adjust != nil {
		opt.adjust(&o)
	}
	result, err := train.Run(ctx, o)
	task.Finish()
	return result, err
}

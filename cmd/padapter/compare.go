package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
	"padapter/manifests/recipe"
	"padapter/manifests/wholefile"
	"padapter/models/backend"
	"padapter/models/classifier"
	"padapter/models/compare"
	"padapter/models/tuning"
	"padapter/pipeline/isolate"
)

type compareOptions struct {
	recipes, tunings                []string
	seeds                           []int64
	train, val, test                string
	trainSplit, valSplit, testSplit string
	backbone, out, backend          string
	bottleneck, prompts             int
	workers, epochs                 int
	rates                           []float64
	rateSeed                        int64
	limits                          limitFlags
	yield                           bool // see clipSettings
}

func newCompareCommand() *cobra.Command {
	var opt compareOptions
	cmd := &cobra.Command{
		Use:   "compare --recipe NAME|FILE… --train M|DIR --val M|DIR --test M|DIR --backbone DIR --out DIR",
		Short: "Train several tunings on the same data and seeds and print the paper's table",
		Long: `Trains every tuning with every seed on the same training clips from the same backbone, chooses each run's best
epoch on the validation clips, measures it on the test clips, and prints parameters, share, top-1, time and memory
with mean and standard deviation over the seeds.

Rows are recipes (--recipe may be given several times), or one recipe under several tunings (--tunings). Runs that an
earlier call finished are not trained again; a run that was stopped goes on where it was.

What learns well at one rate may not at another. With --rates every row is first trained once at each of these base
rates with a seed of its own, the rate that is best on the validation clips becomes the row's, and all trials are in
compare.json. Test clips play no part in that.

OUT receives compare.json, compare.md and a folder for each run.`,
		Example: `  padapter compare --recipe my.yaml --tunings padapter,adaptformer,vpt,linear,full --seeds 1,2,3 \
      --train shards/train --val shards/val --test shards/test --backbone source/best --out results
  padapter compare --recipe my.yaml --tunings padapter,linear --rates 0.03,0.1,0.3,1 …`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opt.Check(); err != nil {
				return err
			}
			return runCompare(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&opt.recipes, "recipe", nil, "recipe: a built-in name or a YAML file; may be repeated (required)")
	f.StringSliceVar(&opt.tunings, "tunings", nil, "put each recipe under these tunings instead of its own")
	f.Int64SliceVar(&opt.seeds, "seeds", []int64{1, 2, 3}, "seeds of the runs")
	f.StringVar(&opt.train, "train", "", "training clips: a manifest or a folder of shards (required)")
	f.StringVar(&opt.val, "val", "", "validation clips, which choose each run's best epoch (required)")
	f.StringVar(&opt.test, "test", "", "test clips, which are measured once for each run (required)")
	f.StringVar(&opt.trainSplit, "train-split", "", "split of the training manifest, or all (default: train, where there is one)")
	f.StringVar(&opt.valSplit, "val-split", "", "split of the validation manifest, or all (default: val, where there is one)")
	f.StringVar(&opt.testSplit, "test-split", "", "split of the test manifest, or all (default: test, where there is one)")
	f.StringVar(&opt.backbone, "backbone", "", "start the trunk from this checkpoint folder or safetensors file")
	f.StringVar(&opt.out, "out", "", "output folder (required)")
	f.StringVar(&opt.backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	f.IntVar(&opt.bottleneck, "adaptformer-bottleneck", 0, "AdaptFormer's inner width under --tunings (0: about as many parameters as PAdapter)")
	f.IntVar(&opt.prompts, "vpt-prompts", 0, "VPT's tokens a block under --tunings (0: about as many parameters as PAdapter)")
	f.Float64SliceVar(&opt.rates, "rates", nil, "base rates to try for each row, instead of its recipe's")
	f.Int64Var(&opt.rateSeed, "rate-seed", 1000, "seed of the runs that try rates; none of --seeds")
	f.IntVar(&opt.epochs, "epochs", 0, "epochs instead of the recipes'")
	f.IntVar(&opt.workers, "workers", 0, "clips decoded at once when training from a manifest (0: one a processor)")
	opt.limits.bind(f, isolate.Off)
	for _, name := range []string{"recipe", "train", "val", "test", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

// Check rejects values that no comparison can work with.
func (o *compareOptions) Check() error {
	if len(o.seeds) == 0 {
		return usageErrorf("--seeds is empty: name at least one")
	}
	if o.epochs < 0 || o.workers < 0 {
		return usageErrorf("--epochs and --workers may not be negative")
	}
	if err := o.limits.Check(); err != nil {
		return err
	}
	for _, seed := range o.seeds {
		if seed < 0 {
			return usageErrorf("--seeds has %d: a seed may not be negative", seed)
		}
		if len(o.rates) > 0 && seed == o.rateSeed {
			return usageErrorf("--rate-seed %d is one of --seeds: rates are chosen with a seed of their own", seed)
		}
	}
	for _, rate := range o.rates {
		if !(rate > 0) {
			return usageErrorf("--rates has %g: a rate must be above 0", rate)
		}
	}
	return nil
}

// variants returns the recipes of the table's rows.
func (o *compareOptions) variants() ([]*recipe.Recipe, error) {
	var rows []*recipe.Recipe
	for _, name := range o.recipes {
		r, err := recipe.Load(name)
		if err != nil {
			return nil, err
		}
		r.SetEpochs(o.epochs)
		if len(o.tunings) == 0 {
			rows = append(rows, r)
			continue
		}
		for _, kind := range o.tunings {
			v := *r
			v.Tuning.Kind = kind
			if v.Name = kind; len(o.recipes) > 1 {
				v.Name = r.Name + "-" + kind
			}
			if err := errors.Join(o.match(&v, r), v.Validate()); err != nil {
				return nil, fmt.Errorf("recipe %s under %s: %w", name, kind, err)
			}
			rows = append(rows, &v)
		}
	}
	names := map[string]bool{}
	for _, r := range rows {
		if names[r.Name] {
			return nil, usageErrorf("two rows are called %s: give the recipes different names", r.Name)
		}
		names[r.Name] = true
		if r.Clip.Hash() != rows[0].Clip.Hash() {
			return nil, usageErrorf("recipes %s and %s see different clips: a comparison needs the same", rows[0].Name, r.Name)
		}
	}
	return rows, nil
}

// match gives AdaptFormer and VPT the width that was asked for, or the one that comes closest to the parameters which
// PAdapter adds under the recipe.
func (o *compareOptions) match(v, of *recipe.Recipe) error {
	given := map[string]int{"adaptformer": o.bottleneck, "adaptformer-sequential": o.bottleneck, "vpt": o.prompts}
	width, variable := given[v.Tuning.Kind]
	if !variable {
		return nil
	}
	if width > 0 {
		if v.Tuning.Bottleneck = width; v.Tuning.Kind == "vpt" {
			v.Tuning.Bottleneck, v.Tuning.Prompts = of.Tuning.Bottleneck, width
		}
		return nil
	}
	backbone, own := classifier.Settings(v)
	_, like := classifier.Settings(of)
	like.Kind = "padapter"
	matched, err := tuning.Match(own, like, backbone)
	v.Tuning.Bottleneck, v.Tuning.Prompts = matched.Bottleneck, matched.Prompts
	return err
}

func runCompare(ctx context.Context, opt compareOptions) error {
	console := ui.From(ctx)
	rows, err := opt.variants()
	if err != nil {
		return err
	}
	engine, err := backend.Open(opt.backend)
	if err != nil {
		return err
	}
	console.Note("backend %s: %s", engine.Engine, engine.Why)
	opt.yield = engine.OnProcessors()
	var runs []compare.Run
	var trials []compare.Trial
	for _, r := range rows {
		tried, err := opt.chooseRate(ctx, engine, r)
		if err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		trials = append(trials, tried...)
		for _, seed := range opt.seeds {
			variant := *r
			variant.Train.Seed = uint64(seed)
			run, err := opt.one(ctx, engine, &variant)
			if err != nil {
				return fmt.Errorf("%s, seed %d: %w", r.Name, seed, err)
			}
			console.Note("%s, seed %d: top-1 %.2f %% of %d clips", r.Name, seed, 100*run.Top1, run.Clips)
			runs = append(runs, run)
		}
	}
	title := fmt.Sprintf("%d test clips, %d seeds, best epoch chosen on validation, backend %s", runs[0].Clips, len(opt.seeds), engine.Engine)
	if len(opt.rates) > 0 {
		title += fmt.Sprintf(", each row's rate the best of %d there", len(opt.rates))
	}
	table := compare.New(title, runs)
	table.Trials = trials
	if err := table.WriteJSON(filepath.Join(opt.out, "compare.json")); err != nil {
		return err
	}
	if err := wholefile.Write(filepath.Join(opt.out, "compare.md"), func(w io.Writer) error {
		_, err := io.WriteString(w, table.Markdown())
		return err
	}); err != nil {
		return err
	}
	return console.Result(table, table.Text)
}

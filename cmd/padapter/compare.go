package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
	"padapter/manifests/recipe"
	"padapter/manifests/wholefile"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/compare"
	"padapter/models/evaluate"
	"padapter/models/train"
)

type compareOptions struct {
	recipes, tunings                []string
	seeds                           []int64
	train, val, test                string
	trainSplit, valSplit, testSplit string
	backbone, out, backend          string
	bottleneck, prompts             int
	workers                         int
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

OUT receives compare.json, compare.md and a folder for each run.`,
		Example: `  padapter compare --recipe my.yaml --tunings padapter,adaptformer,vpt,linear,full --seeds 1,2,3 \
      --train shards/train --val shards/val --test shards/test --backbone source/best --out results`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(opt.seeds) == 0 {
				return usageErrorf("--seeds is empty: name at least one")
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
	f.IntVar(&opt.workers, "workers", 0, "clips decoded at once when training from a manifest (0: one a processor)")
	for _, name := range []string{"recipe", "train", "val", "test", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

// variants returns the recipes of the table's rows.
func (o *compareOptions) variants() ([]*recipe.Recipe, error) {
	var rows []*recipe.Recipe
	for _, name := range o.recipes {
		r, err := recipe.Load(name)
		if err != nil {
			return nil, err
		}
		if len(o.tunings) == 0 {
			rows = append(rows, r)
			continue
		}
		for _, kind := range o.tunings {
			v := *r
			v.Tuning.Kind = kind
			o.match(&v, r)
			if v.Name = kind; len(o.recipes) > 1 {
				v.Name = r.Name + "-" + kind
			}
			if err := v.Validate(); err != nil {
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

// match gives AdaptFormer and VPT about as many parameters a block as PAdapter has in the recipe. A PAdapter of learn
// mode x_p holds N·b prompts, D·b + b down and 2b·D + D up; AdaptFormer of width w holds 2·D·w + w + D; n prompt tokens
// hold n·D.
func (o *compareOptions) match(v, of *recipe.Recipe) {
	b, d := of.Tuning.Bottleneck, of.Model.Dim
	padapter := of.Model.Tokens(of.Clip)*b + d*b + b + 2*b*d + d
	switch v.Tuning.Kind {
	case "adaptformer":
		if v.Tuning.Bottleneck = o.bottleneck; o.bottleneck == 0 {
			v.Tuning.Bottleneck = max(1, (padapter-d)/(2*d+1))
		}
	case "vpt":
		if v.Tuning.Prompts = o.prompts; o.prompts == 0 {
			v.Tuning.Prompts = max(1, padapter/d)
		}
	}
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
	var runs []compare.Run
	for _, r := range rows {
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
	table := compare.New(title, runs)
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

// one trains and tests one variant.
func (o *compareOptions) one(ctx context.Context, engine *backend.Backend, r *recipe.Recipe) (run compare.Run, err error) {
	out := filepath.Join(o.out, fmt.Sprintf("%s-seed%d", r.Name, r.Train.Seed))
	open := func(path, split string, u use) (*clipData, error) {
		return openClips(ctx, path, clipSettings{clip: r.Clip, use: u, split: split, seed: r.Train.Seed, training: u == forTraining, workers: o.workers})
	}
	trainData, err := open(o.train, o.trainSplit, forTraining)
	if err != nil {
		return run, fmt.Errorf("training clips: %w", err)
	}
	defer func() { err = errors.Join(err, trainData.Close()) }()
	valData, err := open(o.val, o.valSplit, forValidation)
	if err != nil {
		return run, fmt.Errorf("validation clips: %w", err)
	}
	defer func() { err = errors.Join(err, valData.Close()) }()
	testData, err := open(o.test, o.testSplit, forTesting)
	if err != nil {
		return run, fmt.Errorf("test clips: %w", err)
	}
	defer func() { err = errors.Join(err, testData.Close()) }()
	if err := errors.Join(disjoint(trainData.manifest, valData.manifest), disjoint(trainData.manifest, testData.manifest)); err != nil {
		return run, err
	}
	memory := watchMemory()
	result, err := fit(ctx, fitOptions{
		recipe: r, engine: engine, train: trainData, val: valData, backbone: o.backbone, out: out,
		adjust: func(t *train.Options) { t.Resume = true },
	})
	if err != nil {
		return run, err
	}
	run = compare.Run{Tuning: r.Name, Seed: r.Train.Seed, Trained: result.TrainedParameters, Total: result.TotalParameters, Seconds: result.Seconds, Memory: memory.peak()}
	report, err := o.measure(ctx, engine, filepath.Join(out, train.BestDir), testData)
	if err != nil {
		return run, err
	}
	if err := report.WriteJSON(filepath.Join(out, "test.json")); err != nil {
		return run, err
	}
	run.Clips, run.Top1, run.Top5, run.Mean = report.Evaluated, report.Metrics.Top1, report.Metrics.Top5, report.Metrics.MeanClass
	return run, keepMemory(filepath.Join(out, "compare.json"), &run)
}

// keepMemory puts the run into a file and takes over the memory of an earlier call, which did the training.
func keepMemory(path string, run *compare.Run) error {
	var earlier compare.Run
	if text, err := os.ReadFile(path); err == nil && json.Unmarshal(text, &earlier) == nil {
		run.Memory = max(run.Memory, earlier.Memory)
	}
	text, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return err
	}
	return wholefile.Write(path, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// measure tests a checkpoint.
func (o *compareOptions) measure(ctx context.Context, engine *backend.Backend, dir string, data *clipData) (*evaluate.Report, error) {
	m, err := checkpoint.Load(dir)
	if err != nil {
		return nil, err
	}
	defer m.Store.Finalize()
	if err := sameClasses(data.Meta().Classes, m.Config.Classes); err != nil {
		return nil, err
	}
	r := m.Config.Recipe
	return evaluate.Run(ctx, evaluate.Options{
		Backend: engine.Compute, Store: m.Store, Network: m.Classifier, Data: data.Data, Batch: r.Eval.Batch,
		ShuffleFrames: r.Train.ShuffleFrames, Seed: r.Train.Seed,
	})
}

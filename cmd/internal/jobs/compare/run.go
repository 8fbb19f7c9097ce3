package compare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/fit"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/cmd/internal/machine"
	"padapter/manifests/recipe"
	"padapter/manifests/wholefile"
	"padapter/models/checkpoint"
	table "padapter/models/compare"
	"padapter/models/evaluate"
	"padapter/models/train"
)

// learn trains a recipe into a folder, or takes what an earlier call left there.
func (c *comparison) learn(ctx context.Context, r *recipe.Recipe, out string) (result *train.Result, err error) {
	data, err := c.Sets.OpenPair(ctx, r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	return fit.Run(ctx, fit.Options{
		Recipe: r, Engine: c.engine, Train: data.Train, Val: data.Val, Backbone: c.Backbone, Out: out, Version: c.Version, Observer: c.Observer,
		Adjust: func(t *train.Options) { t.Resume = true },
	})
}

// run trains and tests one variant.
func (c *comparison) run(ctx context.Context, r *recipe.Recipe) (run table.Run, err error) {
	out := filepath.Join(c.Out, fmt.Sprintf("%s-seed%d", r.Name, r.Train.Seed))
	test, err := c.Sets.Open(ctx, r, inputs.ForTesting)
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, test.Close()) }()
	if err := c.untouched(ctx, r, test); err != nil {
		return run, err
	}
	memory := machine.WatchPeakMemory()
	result, err := c.learn(ctx, r, out)
	if err != nil {
		return run, err
	}
	run = table.Run{
		Tuning: r.Name, Engine: c.engine.Engine, Precision: string(c.engine.Precision), Seed: r.Train.Seed, Rate: r.Train.BaseLR,
		Trained: result.TrainedParameters, Total: result.TotalParameters,
		Seconds: result.TrainSeconds - result.CompileSeconds, Compile: result.CompileSeconds, Memory: memory.Bytes(),
	}
	report, err := c.measure(ctx, filepath.Join(out, train.BestDir), test)
	if err != nil {
		return run, err
	}
	if err := report.WriteJSON(filepath.Join(out, "test.json")); err != nil {
		return run, err
	}
	run.Clips, run.Top1, run.Top5, run.Mean = report.Evaluated, report.Metrics.Top1, report.Metrics.Top5, report.Metrics.MeanClass
	return run, keepMemory(filepath.Join(out, "compare.json"), &run)
}

// untouched refuses test clips that training or the choice of epochs and rates would see.
func (c *comparison) untouched(ctx context.Context, r *recipe.Recipe, test *inputs.ClipData) error {
	for _, use := range []inputs.Use{inputs.ForTraining, inputs.ForValidation} {
		other, err := c.Sets.Open(ctx, r, use)
		if err != nil {
			return err
		}
		if err := errors.Join(inputs.Disjoint(other.Manifest, test.Manifest), other.Close()); err != nil {
			return err
		}
		if other.Identity == test.Identity {
			return jobs.Usagef("the test clips are those of training or validation: a comparison is measured on clips that chose nothing")
		}
	}
	return nil
}

// keepMemory puts the run into a file and takes over the memory of an earlier call, which did the training.
func keepMemory(path string, run *table.Run) error {
	var earlier table.Run
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
func (c *comparison) measure(ctx context.Context, dir string, data *inputs.ClipData) (*evaluate.Report, error) {
	m, err := checkpoint.Load(dir)
	if err != nil {
		return nil, err
	}
	defer m.Store.Finalize()
	if err := networks.SameClasses(data.Meta().Classes, m.Config.Classes); err != nil {
		return nil, err
	}
	m.Classifier.Backbone.Half = c.engine.RoundsInGraph()
	r := m.Config.Recipe
	report, err := evaluate.Run(ctx, evaluate.Options{
		Backend: c.engine.Compute, Store: m.Store, Network: m.Classifier, Data: data.Data, Batch: r.Eval.Batch,
		ShuffleFrames: r.Train.ShuffleFrames, Seed: r.Train.Seed,
	})
	if err != nil {
		return nil, err
	}
	report.Engine, report.Precision = c.engine.Engine, string(c.engine.Precision)
	return report, nil
}

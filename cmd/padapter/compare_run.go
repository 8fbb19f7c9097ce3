package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"padapter/cmd/internal/jobs/inputs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/cmd/internal/machine"
	"padapter/manifests/recipe"
	"padapter/manifests/wholefile"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/compare"
	"padapter/models/evaluate"
	"padapter/models/train"
)

// clips opens one of the sets that the flags name.
func (o *compareOptions) clips(ctx context.Context, r *recipe.Recipe, u inputs.Use) (*inputs.ClipData, error) {
	path, split, name := o.train, o.trainSplit, "training"
	switch u {
	case inputs.ForValidation:
		path, split, name = o.val, o.valSplit, "validation"
	case inputs.ForTesting:
		path, split, name = o.test, o.testSplit, "test"
	}
	data, err := inputs.OpenClips(ctx, path, inputs.ClipSettings{Clip: r.Clip, Use: u, Split: split, Seed: r.Train.Seed, Training: u == inputs.ForTraining, Balanced: u == inputs.ForTraining && r.Train.Sampling == recipe.ClassBalanced, Workers: o.workers, Limits: o.limits.DecodeLimits, Yield: o.yield, Version: versionString()})
	if err != nil {
		return nil, fmt.Errorf("%s clips: %w", name, err)
	}
	return data, nil
}

// learn trains a recipe into a folder, or takes what an earlier call left there.
func (o *compareOptions) learn(ctx context.Context, engine *backend.Backend, r *recipe.Recipe, out string) (result *train.Result, err error) {
	trainData, err := o.clips(ctx, r, inputs.ForTraining)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, trainData.Close()) }()
	valData, err := o.clips(ctx, r, inputs.ForValidation)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, valData.Close()) }()
	if err := inputs.Disjoint(trainData.Manifest, valData.Manifest); err != nil {
		return nil, err
	}
	return fit(ctx, fitOptions{
		recipe: r, engine: engine, train: trainData, val: valData, backbone: o.backbone, out: out,
		adjust: func(t *train.Options) { t.Resume = true },
	})
}

// one trains and tests one variant.
func (o *compareOptions) one(ctx context.Context, engine *backend.Backend, r *recipe.Recipe) (run compare.Run, err error) {
	out := filepath.Join(o.out, fmt.Sprintf("%s-seed%d", r.Name, r.Train.Seed))
	testData, err := o.clips(ctx, r, inputs.ForTesting)
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, testData.Close()) }()
	if err := o.untouched(ctx, r, testData); err != nil {
		return run, err
	}
	memory := machine.WatchPeakMemory()
	result, err := o.learn(ctx, engine, r, out)
	if err != nil {
		return run, err
	}
	run = compare.Run{
		Tuning: r.Name, Seed: r.Train.Seed, Rate: r.Train.BaseLR, Trained: result.TrainedParameters, Total: result.TotalParameters,
		Seconds: result.TrainSeconds, Memory: memory.Bytes(),
	}
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

// untouched refuses test clips that training or the choice of epochs and rates would see.
func (o *compareOptions) untouched(ctx context.Context, r *recipe.Recipe, test *inputs.ClipData) (err error) {
	for _, u := range []inputs.Use{inputs.ForTraining, inputs.ForValidation} {
		other, err := o.clips(ctx, r, u)
		if err != nil {
			return err
		}
		err = errors.Join(inputs.Disjoint(other.Manifest, test.Manifest), other.Close())
		if err != nil {
			return err
		}
		if other.Identity == test.Identity {
			return usageErrorf("the test clips are those of training or validation: a comparison is measured on clips that chose nothing")
		}
	}
	return nil
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
func (o *compareOptions) measure(ctx context.Context, engine *backend.Backend, dir string, data *inputs.ClipData) (*evaluate.Report, error) {
	m, err := checkpoint.Load(dir)
	if err != nil {
		return nil, err
	}
	defer m.Store.Finalize()
	if err := networks.SameClasses(data.Meta().Classes, m.Config.Classes); err != nil {
		return nil, err
	}
	r := m.Config.Recipe
	return evaluate.Run(ctx, evaluate.Options{
		Backend: engine.Compute, Store: m.Store, Network: m.Classifier, Data: data.Data, Batch: r.Eval.Batch,
		ShuffleFrames: r.Train.ShuffleFrames, Seed: r.Train.Seed,
	})
}

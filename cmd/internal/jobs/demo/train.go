package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"padapter/cmd/internal/jobs/eval"
	"padapter/cmd/internal/jobs/fit"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/manifests/recipe"
	"padapter/models/checkpoint"
	"padapter/models/evaluate"
)

// TrainingRun is one training run of the demo with what it led to.
type TrainingRun struct {
	Key        string  `json:"key"` // of everything the run depends on
	Name       string  `json:"name"`
	Recipe     string  `json:"recipe"`
	Trained    int64   `json:"trained_parameters"`
	Total      int64   `json:"total_parameters"`
	Clips      int64   `json:"test_clips"`
	Top1       float64 `json:"test_top1"`
	Seconds    float64 `json:"seconds"` // measured: training alone
	Checkpoint string  `json:"checkpoint"`
}

// share is the part of the network's parameters that trained.
func (r TrainingRun) share() float64 { return float64(r.Trained) / float64(max(r.Total, 1)) }

// experiments pretrains on source and compares the tunings on target.
func (d *demo) experiments(ctx context.Context) (*Report, error) {
	report := &Report{Seed: d.Seed, Small: d.Small, Engine: d.engine.Engine, Out: d.Out}
	report.Chance = 1 / float64(len(d.target.Actions.Motions))
	report.Orderless = 0.5 // the two classes of a pair have the same frames
	var err error
	if report.Source, err = d.run(ctx, "pretraining", "demo-source", "source", ""); err != nil {
		return nil, err
	}
	for _, tuning := range []struct{ name, recipe string }{
		{"linear probe", "demo-target-linear"},
		{"PAdapter", "demo-target-padapter"},
		{"full fine-tuning", "demo-target-full"},
		{"PAdapter, frames shuffled", "demo-target-shuffled"},
	} {
		run, err := d.run(ctx, tuning.name, tuning.recipe, "target", report.Source.Checkpoint)
		if err != nil {
			return nil, err
		}
		report.Target = append(report.Target, run)
	}
	return report, nil
}

// run trains what a recipe says on a set's training clips and measures it on the set's test clips. Test clips play no part
// in training: the last epoch's model is the run's. A run that is complete is not repeated.
func (d *demo) run(ctx context.Context, name, recipeName, set, backbone string) (run TrainingRun, err error) {
	fail := func(err error) (TrainingRun, error) { return TrainingRun{}, fmt.Errorf("%s: %w", name, err) }
	r, err := recipe.Load(recipeName)
	if err != nil {
		return fail(err)
	}
	r.Train.Seed = d.Seed
	if d.epochs > 0 {
		r.Train.Epochs = d.epochs
	}
	data, err := inputs.OpenClips(ctx, d.shards(set, "train"), inputs.ClipSettings{Clip: r.Clip, Seed: d.Seed, Training: true, Version: d.Version})
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	key := []string{r.Hash(), data.Identity}
	if backbone != "" {
		config, err := checkpoint.ReadConfig(networks.BestOf(backbone))
		if err != nil {
			return fail(err)
		}
		key = append(key, config.BackboneSHA256)
	}

	out := d.path("runs", strings.TrimPrefix(recipeName, "demo-"))
	run = TrainingRun{Key: strings.Join(key, " "), Name: name, Recipe: recipeName, Checkpoint: out}
	done := filepath.Join(out, "demo.json")
	if have, ok := readRun(done); ok && have.Key == run.Key {
		return have, nil
	}
	d.Observer.Note("%s: %d clips, %d epochs", name, data.Len(), r.Train.Epochs)
	result, err := fit.Run(ctx, fit.Options{Recipe: r, Engine: d.engine, Train: data, Backbone: backbone, Out: out, Version: d.Version, Observer: d.Observer})
	if err != nil {
		return fail(err)
	}
	run.Trained, run.Total, run.Seconds = result.TrainedParameters, result.TotalParameters, result.Seconds
	report, err := d.evaluate(ctx, out, d.shards(set, "test"))
	if err != nil {
		return fail(err)
	}
	run.Clips, run.Top1 = report.Evaluated, report.Metrics.Top1
	d.Observer.Note("%s: top-1 %.1f %% of %d test clips", name, 100*run.Top1, run.Clips)
	text, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fail(err)
	}
	if err := os.WriteFile(done, text, 0o644); err != nil {
		return fail(err)
	}
	return run, nil
}

func readRun(path string) (run TrainingRun, ok bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return run, false
	}
	return run, json.Unmarshal(text, &run) == nil
}

// evaluate measures a run on a set's test clips and leaves the report beside it.
func (d *demo) evaluate(ctx context.Context, run, clips string) (*evaluate.Report, error) {
	opt := eval.Options{
		Checkpoint: run, Data: clips, Out: filepath.Join(run, "test.json"), Backend: d.Backend, Average: evaluate.Logits, Temperature: 1, Version: d.Version,
	}
	report, err := eval.Run(ctx, opt)
	if err != nil {
		return nil, err
	}
	return report, opt.Failed(report)
}

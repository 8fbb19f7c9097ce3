// Package demo is the job of 'padapter demo': the full pipeline on two synthetic action sets, from videos to labels.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"padapter/cmd/internal/actions"
	"padapter/cmd/internal/actions/dataset"
	"padapter/cmd/internal/jobs"
	"padapter/ingest"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/pipeline"
	"padapter/pipeline/engine/local"
)

// Options say what the demo makes.
type Options struct {
	Out      string // folder of this machine for everything the demo makes
	Seed     uint64 // of videos, start values and order
	Backend  string // one of backend.Choices
	Small    bool   // a small instance of every stage, which learns nothing to speak of
	Version  string // of the program
	Observer jobs.Observer
}

// demo is one run of the command.
type demo struct {
	Options
	engine *backend.Backend
	source dataset.Dataset
	target dataset.Dataset
	unseen int // clips to label
	epochs int // instead of the recipes'; 0 keeps those
}

// settings decide what a run leaves in its folder.
type settings struct {
	Seed     uint64 `json:"seed"`
	Small    bool   `json:"small"`
	Renderer int    `json:"renderer"`
	Engine   string `json:"engine"`
}

// Run makes what is not complete in the output folder and returns the report, which report.json there has as well.
func Run(ctx context.Context, opt Options) (*Report, error) {
	d := demo{Options: opt, unseen: 40}
	d.source = dataset.Dataset{Actions: actions.Source(), Train: 500, Test: 50, Width: dataset.Width, Height: dataset.Height, Seed: opt.Seed}
	d.target = dataset.Dataset{Actions: actions.Target(), Train: 150, Test: 64, Width: dataset.Width, Height: dataset.Height, Seed: opt.Seed}
	if opt.Small {
		d.source.Train, d.source.Test = 16, 4
		d.target.Train, d.target.Test = 8, 4
		d.unseen, d.epochs = 8, 2
	}
	var err error
	if d.engine, err = backend.Open(opt.Backend); err != nil {
		return nil, err
	}
	d.Observer.Note("backend %s: %s", d.engine.Engine, d.engine.Why)
	if err := d.claim(); err != nil {
		return nil, err
	}
	if err := d.data(ctx); err != nil {
		return nil, err
	}
	report, err := d.experiments(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.label(ctx, report); err != nil {
		return nil, err
	}
	return report, report.write(d.path("report.json"))
}

// path is a file or folder of the demo.
func (d *demo) path(parts ...string) string {
	return filepath.Join(append([]string{d.Out}, parts...)...)
}

// claim makes the output folder, or makes sure that it is one of the same settings.
func (d *demo) claim() error {
	description, err := json.Marshal(settings{Seed: d.Seed, Small: d.Small, Renderer: actions.Version, Engine: d.engine.Engine})
	if err != nil {
		return fmt.Errorf("describe the demo: %w", err)
	}
	file := d.path("demo.json")
	have, err := os.ReadFile(file)
	switch {
	case err == nil && bytes.Equal(have, description):
		return nil
	case err == nil:
		return jobs.Usagef("--out %s holds a demo of other settings, %s instead of %s: name another folder or remove this one", d.Out, have, description)
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("open the demo's folder: %w", err)
	}
	if entries, err := os.ReadDir(d.Out); err == nil && len(entries) > 0 {
		return jobs.Usagef("--out %s is neither empty nor a demo's folder: name another one", d.Out)
	}
	if err := os.MkdirAll(d.Out, 0o755); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	if err := os.WriteFile(file, description, 0o644); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	return nil
}

// data makes videos, manifests and shards of both sets.
func (d *demo) data(ctx context.Context) error {
	clip, err := recipe.Load("demo-source")
	if err != nil {
		return err
	}
	for _, set := range []dataset.Dataset{d.source, d.target} {
		name := set.Actions.Name
		task := d.Observer.Stage("render "+name, int64(set.Clips()))
		err := set.Write(ctx, d.path(name), func(written int) { task.Set(int64(written), int64(set.Clips()), "") })
		task.Finish()
		if err != nil {
			return err
		}
		found, err := ingest.HMDB51(ctx, ingest.HMDB51Options{
			Root: d.path(name, dataset.VideosFolder), Splits: d.path(name, dataset.SplitsFolder), Split: 1,
			Dataset: "demo-" + name, Tool: "padapter " + d.Version,
		})
		if err != nil {
			return err
		}
		if err := found.Manifest.WriteFile(d.path(name + ".parquet")); err != nil {
			return err
		}
		for _, split := range []string{"train", "test"} {
			if err := d.preprocess(ctx, found.Manifest.Split(split), clip.Clip, name, split); err != nil {
				return err
			}
		}
	}
	return nil
}

// preprocess writes one split's shards.
func (d *demo) preprocess(ctx context.Context, man *manifests.Manifest, clip recipe.Clip, set, split string) (err error) {
	files, err := source.Open(ctx, man.Root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	records, err := man.Spool()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	task := d.Observer.Stage("preprocess "+set+" "+split, int64(records.Len()))
	defer task.Finish()
	summary, err := pipeline.Preprocess(ctx, pipeline.PreprocessOptions{
		Options: pipeline.Options{
			Workers: runtime.GOMAXPROCS(0), Seed: d.Seed, Training: split == "train", Version: d.Version,
			Progress: func(p pipeline.Progress) { task.Set(p.Done, p.Total, "") },
		},
		Records: records, Source: files, Clip: clip, Out: d.shards(set, split), Engine: local.Engine{},
	})
	if err != nil {
		return err
	}
	return jobs.RecordsFailed(summary.Errors, summary.Rows, d.shards(set, split))
}

func (d *demo) shards(set, split string) string { return d.path("shards", set+"-"+split) }

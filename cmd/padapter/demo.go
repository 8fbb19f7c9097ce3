package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/actions"
	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/ui"
	"padapter/ingest"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/pipeline"
	"padapter/pipeline/engine/local"
)

type demoOptions struct {
	out     string
	seed    uint64
	backend string
	small   bool
}

func newDemoCommand() *cobra.Command {
	var opt demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The whole way on two synthetic action sets, from videos to labels",
		Long: `Renders two sets of synthetic actions as MPEG-4 videos in HMDB-51's folder layout, builds manifests,
preprocesses to Arrow shards, pretrains a tiny video transformer on the set "source", freezes it and fine-tunes it on
the set "target" with PAdapter and, for comparison, linearly, fully and with the frames of each clip shuffled; then
labels a folder of unseen clips with the PAdapter checkpoint and prints one table.

A single frame tells nothing about an action of these sets, and the frames of a clip without their order leave two
classes open (docs/guides/demo.md). The same seed gives the same videos, weights and table on one backend; only the seconds
differ. Run again with the same --out to go on after a stop: what is complete is kept.`,
		Example: `  padapter demo
  padapter demo --out /data/demo --seed 7
  padapter demo --small --out tiny`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.out, "out", "demo-out", "folder for everything the demo makes")
	f.Uint64Var(&opt.seed, "seed", 1, "seed of videos, start values and order")
	f.StringVar(&opt.backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	f.BoolVar(&opt.small, "small", false, "a miniature of every stage, to see it work; it learns nothing to speak of")
	return cmd
}

// demo is one run of the command.
type demo struct {
	demoOptions
	console *ui.Console
	engine  *backend.Backend
	source  demoSet
	target  demoSet
	unseen  int // clips to label
	epochs  int // instead of the recipes'; 0 keeps those
}

// demoSettings decide what a run leaves in its folder.
type demoSettings struct {
	Seed     uint64 `json:"seed"`
	Small    bool   `json:"small"`
	Renderer int    `json:"renderer"`
	Engine   string `json:"engine"`
}

func runDemo(ctx context.Context, opt demoOptions) error {
	d := demo{demoOptions: opt, console: ui.From(ctx), unseen: 40}
	d.source = demoSet{actions: actions.Source(), train: 500, test: 50, width: demoWidth, height: demoHeight, seed: opt.seed}
	d.target = demoSet{actions: actions.Target(), train: 150, test: 64, width: demoWidth, height: demoHeight, seed: opt.seed}
	if opt.small {
		d.source.train, d.source.test = 16, 4
		d.target.train, d.target.test = 8, 4
		d.unseen, d.epochs = 8, 2
	}
	var err error
	if d.engine, err = backend.Open(opt.backend); err != nil {
		return err
	}
	d.console.Note("backend %s: %s", d.engine.Engine, d.engine.Why)
	if err := d.claim(); err != nil {
		return err
	}
	if err := d.data(ctx); err != nil {
		return err
	}
	report, err := d.experiments(ctx)
	if err != nil {
		return err
	}
	if err := d.label(ctx, report); err != nil {
		return err
	}
	if err := report.write(d.path("report.json")); err != nil {
		return err
	}
	return d.console.Result(report, report.render)
}

// path is a file or folder of the demo.
func (d *demo) path(parts ...string) string {
	return filepath.Join(append([]string{d.out}, parts...)...)
}

// claim makes the output folder, or makes sure that it is one of the same settings.
func (d *demo) claim() error {
	settings, err := json.Marshal(demoSettings{Seed: d.seed, Small: d.small, Renderer: actions.Version, Engine: d.engine.Engine})
	if err != nil {
		return fmt.Errorf("describe the demo: %w", err)
	}
	file := d.path("demo.json")
	have, err := os.ReadFile(file)
	switch {
	case err == nil && bytes.Equal(have, settings):
		return nil
	case err == nil:
		return usageErrorf("--out %s holds a demo of other settings, %s instead of %s: name another folder or remove this one", d.out, have, settings)
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("open the demo's folder: %w", err)
	}
	if entries, err := os.ReadDir(d.out); err == nil && len(entries) > 0 {
		return usageErrorf("--out %s is neither empty nor a demo's folder: name another one", d.out)
	}
	if err := os.MkdirAll(d.out, 0o755); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	if err := os.WriteFile(file, settings, 0o644); err != nil {
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
	for _, set := range []demoSet{d.source, d.target} {
		name := set.actions.Name
		task := d.console.Start("render "+name, int64(set.clips()))
		err := set.write(ctx, d.path(name), func() { task.Add(1) })
		task.Finish()
		if err != nil {
			return err
		}
		found, err := ingest.HMDB51(ctx, ingest.HMDB51Options{
			Root: d.path(name, demoVideos), Splits: d.path(name, demoSplits), Split: 1,
			Dataset: "demo-" + name, Tool: "padapter " + versionString(),
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
	task := d.console.Start("preprocess "+set+" "+split, int64(records.Len()))
	defer task.Finish()
	summary, err := pipeline.Preprocess(ctx, pipeline.PreprocessOptions{
		Options: pipeline.Options{
			Workers: runtime.GOMAXPROCS(0), Seed: d.seed, Training: split == "train", Version: versionString(),
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

// silently returns a context whose console prints nothing, for steps whose result goes into the demo's own.
func silently(ctx context.Context) context.Context {
	return ui.With(ctx, ui.New(ui.Quiet, io.Discard, io.Discard))
}

package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/cmd/internal/ui"
	"padapter/manifests/storage"
	"padapter/models/backend"
	"padapter/models/evaluate"
	"padapter/models/feed"
	"padapter/models/report"
	"padapter/models/train"
	"padapter/pipeline/batch"
	"padapter/pipeline/isolate"
)

type reportOptions struct {
	run, data, split, out, backend string
	mistakes, workers              int
	limits                         limitFlags
}

func newReportCommand() *cobra.Command {
	var opt reportOptions
	cmd := &cobra.Command{
		Use:   "report --run DIR --data M|DIR --out FILE.html",
		Short: "One HTML page of a run: curves, classes, confusion, hardest mistakes",
		Long: `Evaluates a training run's best model on labelled clips and writes one HTML file, without scripts and without
anything from the network: the curves of the training log, accuracy of every class, the confusion matrix, the hardest
mistakes with their frames, parameters, recipe and versions.`,
		Example: `  padapter report --run run1 --data shards/test --out report.html`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opt.mistakes < 0 || opt.workers < 0 {
				return usageErrorf("--mistakes %d, --workers %d: they may not be negative", opt.mistakes, opt.workers)
			}
			if err := opt.limits.Check(); err != nil {
				return err
			}
			return runReport(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.run, "run", "", "output folder of 'padapter train', or a checkpoint folder (required)")
	f.StringVar(&opt.data, "data", "", "labelled clips: a manifest or a folder of shards (required)")
	f.StringVar(&opt.split, "split", "", "split of the manifest, or all (default: test, or else val, where there is one)")
	f.StringVar(&opt.out, "out", "", "HTML file to write (required)")
	f.StringVar(&opt.backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	f.IntVar(&opt.mistakes, "mistakes", 12, "mistakes to show")
	f.IntVar(&opt.workers, "workers", 0, "clips decoded at once (0: one a processor)")
	opt.limits.bind(f, isolate.Off)
	for _, name := range []string{"run", "data", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

func runReport(ctx context.Context, opt reportOptions) (err error) {
	console := ui.From(ctx)
	open, err := networks.OpenMeasured(ctx, opt.run, opt.backend, opt.data, inputs.ClipSettings{Use: inputs.ForTesting, Split: opt.split, Workers: opt.workers, Limits: opt.limits.DecodeLimits, Version: versionString()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	task := console.Start("report", int64(open.Data.Len()))
	hardest := report.Hardest{Keep: opt.mistakes}
	how := open.Options(0)
	how.Progress = func(done, total int64) { task.Set(done, total, "") }
	how.Clip = func(item feed.Item, shape batch.Shape, frames []uint8, logits []float32) {
		hardest.Add(item.ID, item.URI, item.Label, logits, shape, frames)
	}
	evaluation, err := evaluate.Run(ctx, how)
	task.Finish()
	if err != nil {
		return err
	}
	config := open.Model.Config
	recipe, err := config.Recipe.YAML()
	if err != nil {
		return err
	}
	page := report.Page{
		Title: config.Recipe.Name + " on " + filepath.Base(opt.data), Version: versionString(), Engine: open.Engine.Engine, Recipe: string(recipe),
		Trained: config.Trained, Total: config.Total, Evaluation: evaluation, Mistakes: hardest.Mistakes(),
	}
	log := storage.Join(opt.run, train.LogFile)
	if _, err := storage.Stat(log); err == nil {
		if page.History, err = report.ReadHistory(log); err != nil {
			return err
		}
	}
	if err := storage.Write(opt.out, func(w io.Writer) error { return page.Write(w) }); err != nil {
		return err
	}
	result := map[string]any{"out": opt.out, "evaluated": evaluation.Evaluated, "top1": evaluation.Metrics.Top1}
	if err := console.Result(result, func() string { return opt.out }); err != nil {
		return err
	}
	return jobs.RecordsFailed(int(evaluation.Unreadable), int(evaluation.Videos), opt.out)
}

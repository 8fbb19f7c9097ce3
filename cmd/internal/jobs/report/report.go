// Package report is the job of 'padapter report': one HTML page of a training run.
package report

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/manifests/storage"
	"padapter/models/backend"
	"padapter/models/evaluate"
	"padapter/models/feed"
	page "padapter/models/report"
	"padapter/models/train"
	"padapter/pipeline/batch"
)

// Options say what the page is about. Zero values are the defaults where a field says so.
type Options struct {
	Run         string // output folder of a training run, or a checkpoint folder
	Data, Split string // labelled clips; without a split the test or the validation split is taken
	Out         string // HTML file to write
	Backend     string // one of backend.Choices
	Mistakes    int    // hardest mistakes to show
	Workers     int    // clips decoded at once; 0: one a processor
	Limits      jobs.DecodeLimits
	Version     string // of the program
	Observer    jobs.Observer
}

// Summary says what was written.
type Summary struct {
	Evaluated int64   `json:"evaluated"` // videos
	Out       string  `json:"out"`
	Top1      float64 `json:"top1"` // in 0…1

	failed, videos int
}

// Failed is a jobs.RecordsError when videos could not be read, and nil otherwise.
func (s *Summary) Failed() error { return jobs.RecordsFailed(s.failed, s.videos, s.Out) }

// Run evaluates the run's best model and writes the page.
func Run(ctx context.Context, opt Options) (summary *Summary, err error) {
	open, err := networks.OpenMeasured(ctx, opt.Run, backend.Settings{Engine: opt.Backend}, opt.Data, inputs.ClipSettings{Use: inputs.ForTesting, Split: opt.Split, Workers: opt.Workers, Limits: opt.Limits, Version: opt.Version})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	task := opt.Observer.Stage("report", int64(open.Data.Len()))
	hardest := page.Hardest{Keep: opt.Mistakes}
	how := open.Options(0)
	how.Progress = func(done, total int64) { task.Set(done, total, "") }
	how.Clip = func(item feed.Item, shape batch.Shape, frames []uint8, logits []float32) {
		hardest.Add(item.ID, item.URI, item.Label, logits, shape, frames)
	}
	evaluation, err := evaluate.Run(ctx, how)
	task.Finish()
	if err != nil {
		return nil, err
	}
	config := open.Model.Config
	recipe, err := config.Recipe.YAML()
	if err != nil {
		return nil, err
	}
	p := page.Page{
		Title: config.Recipe.Name + " on " + filepath.Base(opt.Data), Version: opt.Version, Engine: open.Engine.Engine, Recipe: string(recipe),
		Trained: config.Trained, Total: config.Total, Evaluation: evaluation, Mistakes: hardest.Mistakes(),
	}
	log := storage.Join(opt.Run, train.LogFile)
	if _, err := storage.Stat(log); err == nil {
		if p.History, err = page.ReadHistory(log); err != nil {
			return nil, err
		}
	}
	if err := storage.Write(opt.Out, func(w io.Writer) error { return p.Write(w) }); err != nil {
		return nil, err
	}
	return &Summary{
		Evaluated: evaluation.Evaluated, Out: opt.Out, Top1: evaluation.Metrics.Top1, failed: int(evaluation.Unreadable), videos: int(evaluation.Videos),
	}, nil
}

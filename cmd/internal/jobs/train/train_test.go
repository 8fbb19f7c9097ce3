package train_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/eval"
	"padapter/cmd/internal/jobs/fit"
	"padapter/cmd/internal/jobs/jobstest"
	"padapter/cmd/internal/jobs/train"
	"padapter/manifests/recipe"
	"padapter/models/checkpoint"
)

// TestTrainThenEval trains a network and measures it, watched as a command would and without anybody who watches.
func TestTrainThenEval(t *testing.T) {
	r, err := recipe.Load(jobstest.Recipe(t))
	if err != nil {
		t.Fatal(err)
	}
	r.Tuning.Kind = "full"
	clips := fit.Clips{Path: jobstest.Clips(t)}
	var watch watcher
	opt := train.Options{
		Recipe: r, Sets: fit.Sets{Train: clips, Val: clips, Version: "1"}, Out: filepath.Join(t.TempDir(), "run"), Backend: "go",
		KeepStates: 1, LogEvery: 1, Version: "1", Observer: watch.observer(),
	}
	summary, err := train.Run(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if summary.Steps != 2 || summary.TrainedParameters != summary.TotalParameters || summary.Failed() != nil || !strings.Contains(summary.Text(), "best epoch") {
		t.Errorf("%+v\n%s", summary.Result, summary.Text())
	}
	if !slices.Contains(watch.stages, "train") || len(watch.notes) == 0 || !strings.Contains(watch.notes[0], "backend go") {
		t.Errorf("stages %q, notes %q", watch.stages, watch.notes)
	}
	config, err := checkpoint.ReadConfig(filepath.Join(opt.Out, "best"))
	if err != nil || config.Tool != "padapter 1" {
		t.Errorf("the checkpoint is by %q (%v)", config.Tool, err)
	}
	var usage jobs.UsageError
	if _, err := train.Run(t.Context(), opt); !errors.As(err, &usage) || !strings.Contains(err.Error(), "holds a run already") {
		t.Errorf("over a run: %v", err)
	}

	measured := eval.Options{Checkpoint: opt.Out, Data: clips.Path, Calibrate: clips.Path, Save: true, Backend: "go", Version: "1"}
	report, err := eval.Run(t.Context(), measured)
	if err != nil {
		t.Fatal(err)
	}
	if report.Evaluated != 8 || report.Temperature <= 0 || measured.Failed(report) != nil {
		t.Errorf("%d clips, temperature %v, failed %v", report.Evaluated, report.Temperature, measured.Failed(report))
	}
	if config, err = checkpoint.ReadConfig(filepath.Join(opt.Out, "best")); err != nil || config.Temperature != report.Temperature {
		t.Errorf("temperature %v was stored, %v fitted (%v)", config.Temperature, report.Temperature, err)
	}
}

// watcher keeps what a job tells.
type watcher struct {
	mu            sync.Mutex
	notes, stages []string
}

func (w *watcher) observer() jobs.Observer {
	keep := func(list *[]string, text string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		*list = append(*list, text)
	}
	return jobs.Observer{
		OnNote:  func(text string) { keep(&w.notes, text) },
		OnStage: func(name string, _ int64) jobs.Progress { keep(&w.stages, name); return jobs.Observer{}.Stage(name, 0) },
	}
}

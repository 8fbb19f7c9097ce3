package preprocess_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/jobstest"
	"padapter/cmd/internal/jobs/preprocess"
	"padapter/pipeline"
	"padapter/pipeline/pipelinetest"
	"padapter/sampler"
)

// Shards are the same bytes wherever units are done, and a second run keeps them.
func TestShardsMadeElsewhere(t *testing.T) {
	man := filepath.Join(t.TempDir(), "clips.parquet")
	if err := pipelinetest.Corpus(t, 24).WriteFile(man); err != nil {
		t.Fatal(err)
	}
	opt := preprocess.Options{Manifest: man, Recipe: "demo-source", ShardRecords: 5, Files: "arrow", Compression: "none", Workers: 2, Version: "test"}
	run := func(out string, engine pipeline.Engine) *preprocess.Summary {
		t.Helper()
		opt := opt
		opt.Out, opt.Engine = out, engine
		s, err := preprocess.Run(t.Context(), opt)
		var failed jobs.RecordsError
		if !errors.As(err, &failed) || failed.Failed != s.Errors || failed.Total != 24 || failed.Where != out || s.Errors == 0 {
			t.Fatalf("%v, %+v", err, s)
		}
		return s
	}
	here, there := filepath.Join(t.TempDir(), "here"), filepath.Join(t.TempDir(), "there")
	elsewhere := jobstest.Elsewhere{Open: func(ctx context.Context, spec json.RawMessage) (pipeline.Job, error) {
		return preprocess.OpenJob(ctx, spec, preprocess.JobOptions{Workers: 1})
	}}
	if s := run(here, nil); s.Made != 5 || s.Kept != 0 || !s.Complete {
		t.Errorf("%+v", s)
	}
	if s := run(there, elsewhere); s.Made != 5 || s.Kept != 0 || !s.Complete {
		t.Errorf("elsewhere: %+v", s)
	}
	sameFiles(t, here, there)
	if s := run(there, elsewhere); s.Made != 0 || s.Kept != 5 {
		t.Errorf("again: %+v", s)
	}
}

func sameFiles(t *testing.T, a, b string) {
	t.Helper()
	entries, err := os.ReadDir(a)
	if err != nil || len(entries) == 0 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		one, errA := os.ReadFile(filepath.Join(a, e.Name()))
		other, errB := os.ReadFile(filepath.Join(b, e.Name()))
		if errA != nil || errB != nil || string(one) != string(other) {
			t.Errorf("%s differs (%v, %v)", e.Name(), errA, errB)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, change := range map[string]func(*preprocess.Options){
		"no manifest":           func(o *preprocess.Options) { o.Manifest = "clips" },
		"no recipe":             func(o *preprocess.Options) { o.Recipe = "" },
		"content":               func(o *preprocess.Options) { o.Content = "sound" },
		"frame size of clips":   func(o *preprocess.Options) { o.ShortSide = 9 },
		"files":                 func(o *preprocess.Options) { o.Files = "zip" },
		"windows without a hop": func(o *preprocess.Options) { o.Windows = &sampler.Sliding{Length: 1} },
		"windows told to others": func(o *preprocess.Options) {
			o.Windows, o.Engine = &sampler.Sliding{Length: 1, Hop: 1}, jobstest.Elsewhere{}
		},
	} {
		opt := preprocess.Options{Manifest: "clips.parquet", Recipe: "demo-source", Files: "arrow", Compression: "none", Out: t.TempDir()}
		if err := opt.Check(); err != nil {
			t.Fatal(err)
		}
		change(&opt)
		if _, err := preprocess.Run(t.Context(), opt); !errors.As(err, new(jobs.UsageError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

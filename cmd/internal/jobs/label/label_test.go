package label_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/jobstest"
	"padapter/cmd/internal/jobs/label"
	"padapter/manifests/recipe"
	"padapter/models/checkpoint"
	"padapter/models/classifier"
	"padapter/pipeline"
	"padapter/pipeline/pipelinetest"
)

// network saves a checkpoint of random weights.
func network(t *testing.T) (dir string) {
	t.Helper()
	r, err := recipe.Load("demo-source")
	if err != nil {
		t.Fatal(err)
	}
	network, err := classifier.FromRecipe(r, 3)
	if err != nil {
		t.Fatal(err)
	}
	store, err := network.NewStore(1)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Finalize()
	dir = filepath.Join(t.TempDir(), "network")
	if err := checkpoint.Save(dir, network, store, checkpoint.Facts{Tool: "test", Recipe: r, Classes: []string{"a", "b", "c"}}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Labels are the same bytes wherever units are done, and a second run keeps what the first one did.
func TestLabelsMadeElsewhere(t *testing.T) {
	clips := t.TempDir()
	for i := range 5 {
		pipelinetest.WriteClip(t, filepath.Join(clips, string(rune('a'+i))+".avi"), i)
	}
	if err := os.WriteFile(filepath.Join(clips, "broken.avi"), []byte("no video"), 0o600); err != nil {
		t.Fatal(err)
	}
	opt := label.Options{Checkpoint: network(t), Input: clips, Backend: "go", Views: 1, Crops: 1, Unit: 2, Batch: 2, Workers: 2, Version: "test"}
	run := func(name string, engine pipeline.Engine) string {
		t.Helper()
		opt := opt
		opt.Engine, opt.Outputs = engine, []string{filepath.Join(t.TempDir(), name+".jsonl")}
		opt.Ledger = filepath.Join(t.TempDir(), name)
		for again := range 2 {
			s, err := label.Run(t.Context(), opt)
			var failed jobs.RecordsError
			if !errors.As(err, &failed) || failed.Failed != 1 || failed.Total != 6 {
				t.Fatalf("%v, %+v", err, s)
			}
			if s.Inputs != 6 || s.Kept != 6*again || s.Outputs[0].Labelled != 5 {
				t.Errorf("run %d: %+v", again, s)
			}
		}
		text, err := os.ReadFile(opt.Outputs[0])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	here := run("here", nil)
	there := run("there", jobstest.Elsewhere{Open: func(ctx context.Context, spec json.RawMessage) (pipeline.Job, error) {
		return label.OpenJob(ctx, spec, label.JobOptions{Workers: 1, Version: "test"})
	}})
	if here != there {
		t.Errorf("labels differ:\n%s\n%s", here, there)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, change := range map[string]func(*label.Options){
		"top-k":                    func(o *label.Options) { o.TopK = -1 },
		"abstain":                  func(o *label.Options) { o.Abstain = 2 },
		"crops":                    func(o *label.Options) { o.Crops = 2 },
		"segments without windows": func(o *label.Options) { o.SegmentsFile = "s.csv" },
		"embedding in CSV":         func(o *label.Options) { o.Embedding = true },
	} {
		opt := label.Options{Outputs: []string{"labels.csv"}, Views: 1, Crops: 1}
		if err := opt.Check(); err != nil {
			t.Fatal(err)
		}
		change(&opt)
		if _, err := label.Run(t.Context(), opt); !errors.As(err, new(jobs.UsageError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

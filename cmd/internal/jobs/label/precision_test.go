package label_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/jobstest"
	"padapter/cmd/internal/jobs/label"
	"padapter/cmd/internal/jobs/preprocess"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	labels "padapter/models/label"
	"padapter/models/metrics"
	"padapter/pipeline"
	"padapter/pipeline/pipelinetest"
	"padapter/sampler"
)

func TestMain(m *testing.M) {
	backend.ServeTrial()
	os.Exit(m.Run())
}

// narrow are the engines that compute in bfloat16 here.
func narrow(t *testing.T) (names []string) {
	t.Helper()
	for _, a := range backend.Survey() {
		if !a.Usable {
			continue
		}
		if _, err := backend.OpenWith(backend.Settings{Engine: a.Engine, Precision: backend.BFloat16}); err == nil {
			names = append(names, a.Engine)
		}
	}
	if len(names) == 0 {
		t.Skip("no engine computes in bfloat16 here")
	}
	return names
}

// clips writes a folder of n videos and one that cannot be read.
func clips(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i := range n {
		pipelinetest.WriteClip(t, filepath.Join(dir, string(rune('a'+i))+".avi"), i)
	}
	if err := os.WriteFile(filepath.Join(dir, "broken.avi"), []byte("no video"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// labelled runs the options, in which one input is broken.
func labelled(t *testing.T, opt label.Options) *label.Summary {
	t.Helper()
	s, err := label.Run(t.Context(), opt)
	var failed jobs.RecordsError
	if !errors.As(err, &failed) || failed.Failed != 1 {
		t.Fatalf("%v, %+v", err, s)
	}
	return s
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Rows in bfloat16 are the same bytes whatever workers, units and restarts, and the ledger keeps its precision.
func TestLabelsInBFloat16(t *testing.T) {
	for _, engine := range narrow(t) {
		t.Run(engine, func(t *testing.T) {
			dir := network(t)
			opt := label.Options{
				Checkpoint: dir, Input: clips(t, 5), Backend: engine, Precision: "bfloat16", Views: 1, Crops: 1, Unit: 2, Batch: 2, Workers: 2, Version: "test",
				Outputs: []string{filepath.Join(t.TempDir(), "labels.parquet")}, Ledger: filepath.Join(t.TempDir(), "ledger"),
			}
			s := labelled(t, opt)
			a := s.Outputs[0].Agreement
			if s.Backend != engine || s.Precision != "bfloat16" || a == nil || a.Videos != 5 || a.Labelled != 0 || a.LargestChange <= 0 || a.LargestChange > 0.05 {
				t.Fatalf("%+v, agreement %v", s, a)
			}
			if !strings.Contains(s.Text(), "bfloat16 against float32") {
				t.Errorf("the summary says nothing of the agreement:\n%s", s.Text())
			}
			_, meta, err := labels.ReadParquet(t.Context(), opt.Outputs[0])
			if err != nil || meta["padapter.precision"] != "bfloat16" || !strings.Contains(meta["padapter.agreement"], `"videos":5`) {
				t.Errorf("%v, metadata %v", err, meta)
			}
			config, err := checkpoint.ReadConfig(dir)
			if err != nil {
				t.Fatal(err)
			}
			stored, err := checkpoint.ReadAgreements(dir, config)
			if err != nil || len(stored) != 1 || stored[0] != *a {
				t.Errorf("%v, stored %v, measured %v", err, stored, a)
			}
			first := read(t, opt.Outputs[0])

			other := *a // measured again since
			other.Videos = 512
			if err := checkpoint.StoreAgreement(dir, config, other); err != nil {
				t.Fatal(err)
			}
			again := opt
			again.Backend, again.Precision, again.Batch, again.Workers, again.Unit = "auto", "auto", 0, 1, 3
			if s := labelled(t, again); s.Kept != 6 || s.Backend != engine || s.Precision != "bfloat16" || read(t, opt.Outputs[0]) != first {
				t.Errorf("it did not go on as it was begun: %+v", s)
			}
			for precision, want := range map[string]string{"float32": "precision was bfloat16 and is float32", "bfloat16": "batch was 2 and is 3"} {
				wrong := opt
				wrong.Precision, wrong.Batch = precision, 3
				if _, err := label.Run(t.Context(), wrong); !errors.Is(err, labels.ErrOtherJob) || !strings.Contains(err.Error(), want) {
					t.Errorf("a ledger in bfloat16 of batches of 2 with %s of 3: %v", precision, err)
				}
			}

			anew := opt
			anew.Unit, anew.Workers, anew.Ledger = 4, 1, filepath.Join(t.TempDir(), "ledger")
			anew.Engine = jobstest.Elsewhere{Open: func(ctx context.Context, spec json.RawMessage) (pipeline.Job, error) {
				return label.OpenJob(ctx, spec, label.JobOptions{Workers: 1, Version: "test"})
			}}
			s = labelled(t, anew)
			if got := s.Outputs[0].Agreement; got == nil || *got != other {
				t.Errorf("the stored agreement is %v, the summary has %v", other, got)
			}
			rows, _, err := labels.ReadParquet(t.Context(), opt.Outputs[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(opt.Outputs[0], []byte(first), 0o600); err != nil {
				t.Fatal(err)
			}
			before, _, err := labels.ReadParquet(t.Context(), opt.Outputs[0])
			if err != nil {
				t.Fatal(err)
			}
			if a, b := toJSON(t, before), toJSON(t, rows); a != b {
				t.Errorf("rows done elsewhere in other units differ:\n%s\n%s", a, b)
			}
		})
	}
}

func toJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Auto is float32 until an agreement within the bound is stored for the engine, and a ledger stays as it was begun.
func TestAutomaticPrecision(t *testing.T) {
	engine, dir := narrow(t)[0], network(t)
	opt := label.Options{Checkpoint: dir, Input: clips(t, 2), Backend: engine, Precision: "auto", Views: 1, Crops: 1, Batch: 2, Workers: 2, Version: "test"}
	config, err := checkpoint.ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	first := ""
	for _, step := range []struct {
		name   string
		kind   string // of the agreement that is stored first; empty: none
		videos int64
		want   string
	}{
		{"nothing measured", "", 0, "float32"},
		{"another engine", "other", 512, "float32"},
		{"too few videos", engine, 64, "float32"},
		{"within the bound", engine, 512, "bfloat16"},
	} {
		if step.kind != "" {
			a := checkpoint.Agreement{Kind: step.kind, Precision: "bfloat16", Against: "float32", Agreement: metrics.Agreement{Videos: step.videos, EqualTop1: 1, Temperature: 1}}
			if err := checkpoint.StoreAgreement(dir, config, a); err != nil {
				t.Fatal(err)
			}
		}
		opt.Outputs = []string{filepath.Join(t.TempDir(), "labels.jsonl")}
		if s := labelled(t, opt); s.Precision != step.want || (s.Outputs[0].Agreement != nil) != (step.want == "bfloat16") {
			t.Errorf("%s: %s with agreement %v, want %s", step.name, s.Precision, s.Outputs[0].Agreement, step.want)
		}
		if first == "" {
			first = opt.Outputs[0]
		}
	}

	// The ledger in float32 is what programs without precisions wrote.
	job := read(t, filepath.Join(first+".ledger", "job.json"))
	for _, word := range []string{"precision", "batch", "agreements"} {
		if strings.Contains(job, `"`+word+`"`) {
			t.Errorf("a ledger in float32 names %s:\n%s", word, job)
		}
	}
	opt.Outputs = []string{first}
	if s := labelled(t, opt); s.Precision != "float32" || s.Kept != 3 {
		t.Errorf("auto left the ledger's precision: %+v", s)
	}
	opt.Precision = "bfloat16"
	if _, err := label.Run(t.Context(), opt); !errors.Is(err, labels.ErrOtherJob) || !strings.Contains(err.Error(), "precision was float32 and is bfloat16") {
		t.Errorf("a ledger in float32 with bfloat16: %v", err)
	}
}

func TestPrecisionsAreChecked(t *testing.T) {
	opt := label.Options{Checkpoint: network(t), Input: clips(t, 1), Outputs: []string{filepath.Join(t.TempDir(), "labels.csv")}, Backend: "go", Precision: "half", Views: 1, Crops: 1}
	if _, err := label.Run(t.Context(), opt); !errors.As(err, new(jobs.UsageError)) || !strings.Contains(err.Error(), "--precision") {
		t.Errorf("precision half: %v", err)
	}
	opt.Precision = "bfloat16"
	if _, err := label.Run(t.Context(), opt); err == nil || !strings.Contains(err.Error(), "float32 only") {
		t.Errorf("bfloat16 in pure Go: %v", err)
	}
}

// The sample is clips of whole videos also where windows are labelled, at most 64 of a folder of shards, and every network
// has its own agreement.
func TestSamplesOfInputs(t *testing.T) {
	engine := narrow(t)[0]
	t.Run("shards", func(t *testing.T) {
		man, shards := filepath.Join(t.TempDir(), "clips.parquet"), filepath.Join(t.TempDir(), "shards")
		if err := pipelinetest.Corpus(t, 90).WriteFile(man); err != nil {
			t.Fatal(err)
		}
		_, err := preprocess.Run(t.Context(), preprocess.Options{Manifest: man, Recipe: "demo-source", Out: shards, ShardRecords: 40, Workers: 2, Version: "test"})
		if !errors.As(err, new(jobs.RecordsError)) {
			t.Fatal(err)
		}
		opt := label.Options{
			Checkpoint: network(t), Input: shards, Backend: engine, Precision: "bfloat16", Views: 1, Crops: 1, Batch: 8, Workers: 2, Version: "test",
			Outputs: []string{filepath.Join(t.TempDir(), "labels.jsonl")},
		}
		s, err := label.Run(t.Context(), opt)
		if !errors.As(err, new(jobs.RecordsError)) {
			t.Fatal(err)
		}
		if a := s.Outputs[0].Agreement; s.Outputs[0].Rows != 90 || a == nil || a.Videos < 40 || a.Videos > 64 || a.Labelled != 0 {
			t.Errorf("%d rows, agreement %v", s.Outputs[0].Rows, a)
		}
	})
	t.Run("windows and two networks", func(t *testing.T) {
		opt := label.Options{
			Checkpoint: network(t), Input: clips(t, 3), Backend: engine, Precision: "bfloat16", Views: 1, Crops: 1, Batch: 2, Workers: 2, Version: "test",
			Outputs: []string{filepath.Join(t.TempDir(), "a.jsonl"), filepath.Join(t.TempDir(), "b.jsonl")},
			Windows: &sampler.Sliding{Length: 0.4, Hop: 0.2, Tail: sampler.TailShift},
		}
		opt.Also = []string{network(t)}
		s, err := label.Run(t.Context(), opt)
		if !errors.As(err, new(jobs.RecordsError)) {
			t.Fatal(err)
		}
		if s.Outputs[0].Rows <= 4 {
			t.Errorf("%d rows, want several windows of a video", s.Outputs[0].Rows)
		}
		for i, dir := range []string{opt.Checkpoint, opt.Also[0]} {
			config, err := checkpoint.ReadConfig(dir)
			if err != nil {
				t.Fatal(err)
			}
			stored, err := checkpoint.ReadAgreements(dir, config)
			if a := s.Outputs[i].Agreement; err != nil || a == nil || a.Videos != 3 || len(stored) != 1 || stored[0] != *a {
				t.Errorf("network %d: agreement %v, stored %v (%v)", i, a, stored, err)
			}
		}
	})
	t.Run("nothing readable", func(t *testing.T) {
		opt := label.Options{
			Checkpoint: network(t), Input: clips(t, 0), Backend: engine, Precision: "bfloat16", Views: 1, Crops: 1, Workers: 1, Version: "test",
			Outputs: []string{filepath.Join(t.TempDir(), "labels.jsonl")},
		}
		if s := labelled(t, opt); s.Outputs[0].Agreement != nil || s.Precision != "bfloat16" {
			t.Errorf("%+v", s.Outputs[0])
		}
	})
}

package train_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/eval"
	"padapter/cmd/internal/jobs/fit"
	"padapter/cmd/internal/jobs/jobstest"
	"padapter/cmd/internal/jobs/train"
	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/models/backend/enginetest"
	"padapter/models/checkpoint"
)

func TestMain(m *testing.M) {
	backend.ServeTrial()
	os.Exit(m.Run())
}

// trainTiny trains one epoch in the precision and returns the options of the run.
func trainTiny(t *testing.T, engine, precision string) train.Options {
	t.Helper()
	r, err := recipe.Load(jobstest.Recipe(t))
	if err != nil {
		t.Fatal(err)
	}
	r.Tuning.Kind, r.Train.Precision = "full", precision
	clips := fit.Clips{Path: jobstest.Clips(t)}
	opt := train.Options{
		Recipe: r, Sets: fit.Sets{Train: clips, Val: clips, Version: "1"}, Out: filepath.Join(t.TempDir(), "run"), Backend: engine,
		KeepStates: 1, LogEvery: 1, Version: "1",
	}
	return opt
}

// TestPrecisionOfTrainingAndEvaluation trains in bfloat16 on every engine that has it, and compares the result with
// itself in float32.
func TestPrecisionOfTrainingAndEvaluation(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, b *backend.Backend) {
		if _, err := backend.OpenWith(backend.Settings{Engine: b.Engine, Precision: backend.BFloat16}); err != nil {
			_, err := train.Run(t.Context(), trainTiny(t, b.Engine, "bfloat16"))
			if err == nil || !strings.Contains(err.Error(), "train.precision bfloat16: open backend "+b.Engine) {
				t.Errorf("training in bfloat16 where there is none: %v", err)
			}
			t.Skip(err)
		}
		opt := trainTiny(t, b.Engine, "bfloat16")
		summary, err := train.Run(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		if summary.Engine != b.Kind() || summary.Precision != "bfloat16" {
			t.Errorf("the result is of %s in %s", summary.Engine, summary.Precision)
		}
		opt.Resume, opt.Backend = true, "go"
		other := *opt.Recipe
		other.Train.Precision = ""
		opt.Recipe = &other
		if _, err := train.Run(t.Context(), opt); err == nil || !strings.Contains(err.Error(), "another run") {
			t.Errorf("the state goes on in float32: %v", err)
		}

		measured := eval.Options{
			Checkpoint: opt.Out, Data: opt.Sets.Train.Path, Backend: b.Engine, Precision: "bfloat16", Against: "float32", Out: filepath.Join(t.TempDir(), "report.json"), Version: "1",
		}
		report, err := eval.Run(t.Context(), measured)
		if err != nil {
			t.Fatal(err)
		}
		a := report.Agreement
		if report.Engine != b.Engine || report.Precision != "bfloat16" || report.Against != "float32" || a == nil {
			t.Fatalf("%+v", report)
		}
		if a.Videos != report.Evaluated || a.Labelled != a.Videos || a.Top1 != report.Metrics.Top1 || a.LargestChange <= 0 || a.LargestChange > 0.05 || a.MeanChange > a.LargestChange {
			t.Errorf("%+v, accuracy %v", a, report.Metrics.Top1)
		}
		measured.Precision, measured.Against, measured.Out = "float32", "", ""
		alone, err := eval.Run(t.Context(), measured)
		if err != nil || alone.Metrics.Top1 != a.AgainstTop1 || math.Abs(alone.Metrics.Loss-report.Metrics.Loss) > 0.05 || alone.Metrics.Loss == report.Metrics.Loss {
			t.Errorf("%v, in float32 alone %+v", err, alone)
		}
		dir := filepath.Join(opt.Out, "best")
		config, err := checkpoint.ReadConfig(dir)
		if err != nil {
			t.Fatal(err)
		}
		list, err := checkpoint.ReadAgreements(dir, config)
		if err != nil || len(list) != 1 || list[0].Agreement != *a || list[0].Kind != b.Kind() {
			t.Errorf("%v, stored %v", err, list)
		}
		text, err := os.ReadFile(filepath.Join(dir, checkpoint.AgreementFile))
		if err != nil || !strings.Contains(string(text), `"equal_top1"`) {
			t.Errorf("%v: %s", err, text)
		}

		measured.Precision = "auto" // eight videos are too few
		if auto, err := eval.Run(t.Context(), measured); err != nil || auto.Precision != "float32" || auto.Metrics.Loss != alone.Metrics.Loss {
			t.Errorf("%v, auto is %+v", err, auto)
		}
		enough := list[0]
		enough.Videos = 512
		enough.EqualTop1, enough.Labelled, enough.LargestChange = 1, 0, 0.01
		if err := checkpoint.StoreAgreement(dir, config, enough); err != nil {
			t.Fatal(err)
		}
		if auto, err := eval.Run(t.Context(), measured); err != nil || auto.Precision != "bfloat16" || auto.Metrics.Loss != report.Metrics.Loss {
			t.Errorf("%v, auto is %+v", err, auto)
		}

		for name, change := range map[string]func(*eval.Options){
			"is the precision that is measured": func(o *eval.Options) { o.Precision, o.Against = "float32", "float32" },
			"--against":                         func(o *eval.Options) { o.Against = "auto" },
			"--precision":                       func(o *eval.Options) { o.Precision = "fp8" },
		} {
			wrong := measured
			change(&wrong)
			if _, err := eval.Run(t.Context(), wrong); !errors.As(err, new(jobs.UsageError)) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

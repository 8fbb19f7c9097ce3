package train

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"padapter/models/feed/feedtest"
)

// stopper ends a run after a number of steps, by a cancelled context or by failing data.
type stopper struct {
	after  int64
	cancel bool
}

var errCrash = errors.New("the machine is gone")

// runFor continues the run in dir with a fresh network, as a new process does, until the stopper strikes.
func runFor(t *testing.T, engine compute.Backend, dir string, s *stopper, change func(*Options)) (*trial, *Result, error) {
	t.Helper()
	return runForContext(t.Context(), t, engine, dir, s, change)
}

func runForContext(ctx context.Context, t *testing.T, engine compute.Backend, dir string, s *stopper, change func(*Options)) (*trial, *Result, error) {
	t.Helper()
	r := tinyRecipe("padapter")
	r.Train.Epochs, r.Train.ClipNorm, r.Train.Mixup, r.Train.CutMix = 3, 1, 0.8, 1
	tr := newTrial(t, engine, r)
	tr.opt.OutDir, tr.opt.Resume, tr.opt.Identity, tr.opt.Flip = dir, true, "test", true
	if change != nil {
		change(&tr.opt)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s != nil {
		taken := int64(0)
		tr.opt.Progress = func(p Progress) {
			if p.Validating {
				return
			}
			if taken++; taken == s.after && s.cancel {
				cancel()
			}
		}
		if !s.cancel {
			tr.opt.Train.(*feedtest.Source).Before = func(int) error {
				if taken >= s.after {
					return errCrash
				}
				return nil
			}
		}
	}
	result, err := Run(ctx, tr.opt)
	return tr, result, err
}

// comparable drops what is measured in seconds.
func (r Result) comparable() Result {
	r.Seconds, r.TrainSeconds, r.WaitSeconds, r.CompileSeconds = 0, 0, 0, 0
	return r
}

func TestResumeContinuesAtTheExactBatch(t *testing.T) { engines(t, testResume) }

func testResume(t *testing.T, engine compute.Backend) {
	whole := filepath.Join(t.TempDir(), "whole")
	tr, want, err := runFor(t, engine, whole, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantLosses, wantWeights := losses(t, whole), weightsOf(t, tr.opt.Store)
	if len(wantLosses) != 36 {
		t.Fatalf("%d steps, want 36", len(wantLosses))
	}
	rng := rand.New(rand.NewPCG(4, 2))
	stops := 20
	if engine.Name() != "go" {
		stops = 2
	}
	for _, way := range []string{"cancelled", "crashed"} {
		t.Run(way, func(t *testing.T) {
			for i := 0; i < stops/2; {
				dir := filepath.Join(t.TempDir(), "run")
				for { // a run is stopped again and again until it is through
					s := &stopper{after: 1 + rng.Int64N(20), cancel: way == "cancelled"}
					tr, got, err := runFor(t, engine, dir, s, func(o *Options) { o.SaveEvery = 5 })
					if err == nil {
						compareRuns(t, tr, got, dir, want, wantLosses, wantWeights)
						break
					}
					if !errors.Is(err, context.Canceled) && !errors.Is(err, errCrash) {
						t.Fatal(err)
					}
					i++
				}
			}
		})
	}
}

func compareRuns(t *testing.T, tr *trial, got *Result, dir string, want *Result, wantLosses []float64, wantWeights map[string][]float32) {
	t.Helper()
	if history := losses(t, dir); !slices.Equal(history, wantLosses) {
		t.Errorf("losses after stops:\n%v\nundisturbed:\n%v", history, wantLosses)
	}
	if got.comparable() != want.comparable() {
		t.Errorf("result %+v, undisturbed %+v", *got, *want)
	}
	for path, values := range weightsOf(t, tr.opt.Store) {
		if !slices.Equal(values, wantWeights[path]) {
			t.Errorf("%s differs from the undisturbed run's", path)
		}
	}
}

func TestStatesAreFewAndGuarded(t *testing.T) {
	engine, dir := goBackend(t), filepath.Join(t.TempDir(), "run")
	if _, _, err := runFor(t, engine, dir, &stopper{after: 9, cancel: true}, func(o *Options) { o.SaveEvery, o.KeepStates = 2, 3 }); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	paths, err := states(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		names = append(names, filepath.Base(p))
	}
	if want := []string{"step-000000000006.safetensors", "step-000000000008.safetensors", "step-000000000009.safetensors"}; !slices.Equal(names, want) {
		t.Errorf("states %v, want %v", names, want)
	}
	for name, change := range map[string]func(*Options){
		"another recipe":   func(o *Options) { o.Recipe.Train.BaseLR *= 2 },
		"another identity": func(o *Options) { o.Identity = "other data" },
	} {
		if _, _, err := runFor(t, engine, dir, nil, change); err == nil || !strings.Contains(err.Error(), "another run") {
			t.Errorf("%s: error %v, want a refusal", name, err)
		}
	}
	newest := paths[len(paths)-1]
	data, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(newest, data[:len(data)-7], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := runFor(t, engine, dir, nil, nil); err == nil || !strings.Contains(err.Error(), filepath.Base(newest)) {
		t.Errorf("a cut-off state: error %v, want one that names it", err)
	}
	// Without Resume the run starts over and what was there is gone.
	_, result, err := runFor(t, engine, dir, nil, func(o *Options) { o.Resume = false })
	if err != nil || result.Steps != 36 || len(losses(t, dir)) != 36 {
		t.Errorf("starting over: %+v, %v, %d losses", result, err, len(losses(t, dir)))
	}
}

func TestUnwritableFolders(t *testing.T) {
	if os.Getuid() == 0 {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		_, _, err := runFor(t, goBackend(t), filepath.Join(file, "run"), nil, nil)
		if err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("output below a file: error %v, want one that names the path", err)
		}
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if _, _, err := runFor(t, goBackend(t), filepath.Join(dir, "run"), nil, nil); !errors.Is(err, os.ErrPermission) {
		t.Errorf("read-only folder: error %v, want a permission error", err)
	}
}

// A state goes on where it was computed, and one of an earlier program, which names no engine, goes on anywhere.
func TestStatesKeepTheirEngine(t *testing.T) {
	engine := goBackend(t)
	for _, step := range []struct {
		name, engine, precision string // of the second run
		first                   string // engine of the first
		want                    string // part of the error
	}{
		{"the same", "xla on cuda", "float32", "xla on cuda", ""},
		{"another engine", "openvino", "float32", "xla on cuda", "computed by xla on cuda in float32, and this run is of openvino in float32: go on with --backend xla,"},
		{"another precision", "xla on cuda", "bfloat16", "xla on cuda", "this run is of xla on cuda in bfloat16"},
		{"an earlier program", "openvino", "float32", "", ""},
	} {
		t.Run(step.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			_, _, err := runFor(t, engine, dir, &stopper{after: 2, cancel: true}, func(o *Options) {
				if o.Engine = step.first; o.Engine != "" {
					o.Precision = "float32"
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			_, result, err := runFor(t, engine, dir, nil, func(o *Options) { o.Engine, o.Precision = step.engine, step.precision })
			if step.want != "" {
				if err == nil || !strings.Contains(err.Error(), step.want) {
					t.Errorf("got %v, want %q", err, step.want)
				}
				return
			}
			if err != nil || result.Engine != step.engine || result.Precision != step.precision {
				t.Errorf("%v, %+v", err, result)
			}
			log, err := os.ReadFile(filepath.Join(dir, LogFile))
			if err != nil || !strings.Contains(string(log), `"engine":"`+step.engine+`"`) || !strings.Contains(string(log), `"precision":"float32"`) {
				t.Errorf("%v, the log does not name them", err)
			}
		})
	}
}

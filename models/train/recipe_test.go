package train

import (
	"context"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/models/feed/feedtest"
)

// What is validated and saved under an EMA are the averages: here recomputed on the host from the weights after every
// step.
func TestAveragesAreWhatIsSaved(t *testing.T) {
	r := tinyRecipe("linear")
	r.Train.Epochs, r.Train.EMA = 2, 0.5
	tr := newTrial(t, goBackend(t), r)
	trained := map[string]bool{}
	for _, v := range tr.opt.Trained {
		trained[v.Path()] = true
	}
	want := weightsOf(t, tr.opt.Store)
	tr.opt.Progress = func(p Progress) {
		if p.Validating {
			return
		}
		decay := min(0.5, float64(1+p.Step)/float64(10+p.Step))
		for path, now := range weightsOf(t, tr.opt.Store) {
			for i, w := range now {
				if trained[path] {
					want[path][i] = float32(decay*float64(want[path][i]) + (1-decay)*float64(w))
				}
			}
		}
	}
	saves := 0
	tr.opt.Save = func(string) error {
		saves++
		for path, got := range weightsOf(t, tr.opt.Store) {
			for i, w := range got {
				if trained[path] && math.Abs(float64(w-want[path][i])) > 1e-5 {
					t.Errorf("save %d: %s[%d] is %v, its average %v", saves, path, i, w, want[path][i])
					break
				}
			}
		}
		return nil
	}
	if _, err := Run(t.Context(), tr.opt); err != nil {
		t.Fatal(err)
	}
	if saves < 2 {
		t.Errorf("%d saves", saves)
	}
}

func TestLayerDecayScalesTheFirstStep(t *testing.T) {
	change := func(decay float64) map[string]float64 {
		r := tinyRecipe("full")
		r.Train.Epochs, r.Train.WarmupEpochs, r.Train.Optimizer, r.Train.WeightDecay, r.Train.BaseLR, r.Train.LayerDecay = 1, 0, "sgd", 0, 3, decay
		tr := newTrial(t, goBackend(t), r)
		tr.opt.Train.(*feedtest.Source).Rows = tr.opt.Train.(*feedtest.Source).Rows[:8] // one step
		before := weightsOf(t, tr.opt.Store)
		if _, err := Run(t.Context(), tr.opt); err != nil {
			t.Fatal(err)
		}
		norms := map[string]float64{}
		for path, after := range weightsOf(t, tr.opt.Store) {
			for i, w := range after {
				norms[path] += math.Pow(float64(w-before[path][i]), 2)
			}
			norms[path] = math.Sqrt(norms[path])
		}
		return norms
	}
	whole, decayed := change(0), change(0.5)
	for path, factor := range map[string]float64{"/head/1/weight": 1, "/blocks/1/fc1/weight": 0.5, "/blocks/0/attn/proj/weight": 0.25, "/patch_embed/proj/weight": 0.125} {
		if paths := slices.Collect(maps.Keys(whole)); !slices.Contains(paths, path) {
			t.Fatalf("no weight %s among %v", path, paths)
		}
		if got := decayed[path] / whole[path]; math.Abs(got-factor) > 0.01*factor {
			t.Errorf("%s moved %v times as far, want %v", path, got, factor)
		}
	}
}

func TestPatienceEndsTheRun(t *testing.T) {
	r := tinyRecipe("linear")
	r.Train.Epochs, r.Train.Patience, r.Train.BaseLR, r.Train.MinLR = 50, 2, 0, 0 // nothing moves but the statistics
	tr := newTrial(t, goBackend(t), r)
	result, err := Run(t.Context(), tr.opt)
	if err != nil {
		t.Fatal(err)
	}
	if result.Epochs != result.BestEpoch+2 || result.Epochs >= 50 {
		t.Errorf("stopped after epoch %d with the best in epoch %d, want 2 epochs later", result.Epochs, result.BestEpoch)
	}
	if !slices.Contains(tr.saved, LastDir) {
		t.Errorf("saved %v without the last model", tr.saved)
	}
}

func TestTensorBoardFilesAreThere(t *testing.T) {
	r := tinyRecipe("linear")
	r.Train.Epochs = 1
	tr := newTrial(t, goBackend(t), r)
	if _, err := Run(t.Context(), tr.opt); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(tr.opt.OutDir, BoardDir, "events.out.tfevents.*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("event files %v (%v)", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"loss", "rate", "val_top1"} {
		if !strings.Contains(string(data), tag) {
			t.Errorf("no curve %s", tag)
		}
	}
}

// A run that is stopped while it validates has that validation before it when it goes on.
func TestResumeInTheMiddleOfValidation(t *testing.T) {
	engine, dir := goBackend(t), filepath.Join(t.TempDir(), "run")
	whole := filepath.Join(t.TempDir(), "whole")
	ema := func(o *Options) { o.Recipe.Train.EMA = 0.9 }
	tr, want, err := runFor(t, engine, whole, nil, ema)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, _, err = runForContext(ctx, t, engine, dir, nil, func(o *Options) {
		ema(o)
		epochs := 0
		o.Val.(*feedtest.Source).Before = func(row int) error {
			if row == 6 {
				if epochs++; epochs == 2 {
					cancel()
				}
			}
			return nil
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	again, got, err := runFor(t, engine, dir, nil, ema)
	if err != nil {
		t.Fatal(err)
	}
	compareRuns(t, again, got, dir, want, losses(t, whole), weightsOf(t, tr.opt.Store))
}

// A run that goes on at the end of an epoch, and is killed between the state after its validation and its first step, has
// everything in that state: the process that wrote it took no step.
func TestStateOfAProcessWithoutSteps(t *testing.T) {
	engine, dir := goBackend(t), filepath.Join(t.TempDir(), "run")
	whole := filepath.Join(t.TempDir(), "whole")
	tr, want, err := runFor(t, engine, whole, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	crash := func(int) error { return errCrash }
	atTheEnd := func(o *Options) { o.SaveEvery = 12 } // the steps of an epoch
	if _, _, err := runFor(t, engine, dir, nil, func(o *Options) {
		atTheEnd(o)
		o.Val.(*feedtest.Source).Before = crash
	}); !errors.Is(err, errCrash) {
		t.Fatalf("killed in its first validation: %v", err)
	}
	if _, _, err := runFor(t, engine, dir, nil, func(o *Options) {
		atTheEnd(o)
		validated := false
		o.Val.(*feedtest.Source).Before = func(int) error {
			validated = true
			return nil
		}
		o.Train.(*feedtest.Source).Before = func(int) error {
			if validated {
				return errCrash
			}
			return nil
		}
	}); !errors.Is(err, errCrash) {
		t.Fatalf("killed before its first step: %v", err)
	}
	again, got, err := runFor(t, engine, dir, nil, atTheEnd)
	if err != nil {
		t.Fatal(err)
	}
	compareRuns(t, again, got, dir, want, losses(t, whole), weightsOf(t, tr.opt.Store))
}

// Training on mixed clips still learns the motion: the softened targets belong to the pixels.
func TestMixedClipsTeachToo(t *testing.T) {
	r := tinyRecipe("full")
	r.Train.Epochs, r.Train.Mixup, r.Train.CutMix = 12, 0.4, 0.4
	tr := newTrial(t, goBackend(t), r)
	result, err := Run(t.Context(), tr.opt)
	if err != nil {
		t.Fatal(err)
	}
	if result.ValTop1 < 0.85 {
		t.Errorf("validation top-1 %.3f with mixing", result.ValTop1)
	}
}

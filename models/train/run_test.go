package train

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"go.uber.org/goleak"

	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/models/backend/enginetest"
	"padapter/models/classifier"
	"padapter/models/feed/feedtest"
	"padapter/pipeline/batch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var tinyShape = batch.Shape{Frames: 4, Height: 8, Width: 8, Channels: 3}

// tinyRecipe is a transformer of a few thousand weights that learns the motion set in seconds.
func tinyRecipe(kind string) *recipe.Recipe {
	return &recipe.Recipe{
		Name:   "tiny",
		Clip:   recipe.Clip{Frames: 4, Stride: 1, Temporal: "dense", ShortSide: 8, Height: 8, Width: 8, Filter: "bilinear", TrainTemporal: "center", TrainCrop: "center", Mean: [3]float32{0.5, 0.5, 0.5}, Std: [3]float32{0.25, 0.25, 0.25}},
		Model:  recipe.Model{Dim: 16, Depth: 2, Heads: 2, MLPRatio: 2, Patch: 4, Tubelet: 2},
		Tuning: recipe.Tuning{Kind: kind, Bottleneck: 4, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"},
		Train:  recipe.Train{Epochs: 6, Batch: 8, Optimizer: "adamw", BaseLR: 0.3, MinLR: 0.003, WarmupEpochs: 1, Momentum: 0.9, WeightDecay: 0.01, Seed: 3},
		Eval:   recipe.Eval{Batch: 8, TopK: 2},
	}
}

// trial is one network with its data, ready to train.
type trial struct {
	opt   Options
	saved []string
}

func newTrial(t *testing.T, engine compute.Backend, r *recipe.Recipe) *trial {
	t.Helper()
	network, err := classifier.FromRecipe(r, len(feedtest.MotionClasses))
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	t.Cleanup(store.Finalize)
	if err := network.Init(store, r.Train.Seed); err != nil {
		t.Fatal(err)
	}
	trained, err := network.Trained(store)
	if err != nil {
		t.Fatal(err)
	}
	train := feedtest.New(t, tinyShape, feedtest.MotionClasses, feedtest.Motion(tinyShape, 96, 1))
	train.Shuffle = true
	tr := &trial{}
	tr.opt = Options{
		Backend: engine, Store: store, Network: network, Trained: trained, Recipe: r,
		Train: train, Val: feedtest.New(t, tinyShape, feedtest.MotionClasses, feedtest.Motion(tinyShape, 45, 2)),
		OutDir: filepath.Join(t.TempDir(), "out"),
		Save: func(dir string) error {
			tr.saved = append(tr.saved, filepath.Base(dir))
			return os.MkdirAll(dir, 0o755)
		},
	}
	return tr
}

// engines runs a test on every engine.
func engines(t *testing.T, test func(t *testing.T, engine compute.Backend)) {
	enginetest.Each(t, func(t *testing.T, b *backend.Backend) { test(t, b.Compute) })
}

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	return enginetest.Open(t, "go").Compute
}

// weightsOf copies every variable outside the optimizer.
func weightsOf(t *testing.T, store *model.Store) map[string][]float32 {
	t.Helper()
	out := map[string][]float32{}
	for v := range store.IterVariables() {
		if strings.HasPrefix(v.Path(), optimizerScope) {
			continue
		}
		values, err := tensors.CopyFlatData[float32](v.MustValue())
		if err != nil {
			t.Fatal(err)
		}
		out[v.Path()] = values
	}
	return out
}

// losses reads the loss of every step from a run's log.
func losses(t *testing.T, dir string) []float64 {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, LogFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []float64
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct {
			Event string
			Loss  float64
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		if line.Event == "step" {
			out = append(out, line.Loss)
		}
	}
	return out
}

func TestTrainingLearnsMotion(t *testing.T) { engines(t, testTrainingLearnsMotion) }

func testTrainingLearnsMotion(t *testing.T, engine compute.Backend) {
	tr := newTrial(t, engine, tinyRecipe("full"))
	var last Progress
	tr.opt.Progress = func(p Progress) { last = p }
	result, err := Run(t.Context(), tr.opt)
	if err != nil {
		t.Fatal(err)
	}
	got := losses(t, tr.opt.OutDir)
	t.Logf("loss %.3f … %.3f, validation top-1 %.3f in epoch %d, %.1f s", got[0], got[len(got)-1], result.ValTop1, result.BestEpoch, result.Seconds)
	if result.CompileSeconds < 0 || result.CompileSeconds >= result.TrainSeconds {
		t.Errorf("%.3f s of %.3f s compiled", result.CompileSeconds, result.TrainSeconds)
	}
	if len(got) != 72 || result.Steps != 72 || last.Step != 72 || last.Steps != 72 || last.Epoch != 6 {
		t.Errorf("%d steps in the log, %d in the result, progress %+v: want 6 epochs of 12", len(got), result.Steps, last)
	}
	if result.TrainLoss > 0.3 || result.ValTop1 < 0.9 {
		t.Errorf("final loss %.3f and validation top-1 %.3f: the motion was not learned", result.TrainLoss, result.ValTop1)
	}
	if !slices.Contains(tr.saved, BestDir) || tr.saved[len(tr.saved)-1] != LastDir && tr.saved[len(tr.saved)-1] != BestDir {
		t.Errorf("models saved: %v", tr.saved)
	}
	var stored Result
	data, err := os.ReadFile(filepath.Join(tr.opt.OutDir, ResultFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &stored); err != nil || stored != *result {
		t.Errorf("%s holds %+v (%v), Run returned %+v", ResultFile, stored, err, *result)
	}
}

func TestShuffledFramesHideMotion(t *testing.T) {
	r := tinyRecipe("full")
	r.Train.ShuffleFrames = true
	tr := newTrial(t, goBackend(t), r)
	result, err := Run(t.Context(), tr.opt)
	if err != nil {
		t.Fatal(err)
	}
	if result.ValTop1 > 0.75 {
		t.Errorf("top-1 %.3f without frame order: the control sees the motion", result.ValTop1)
	}
}

func TestFrozenWeightsStayAndTrainedMove(t *testing.T) {
	engines(t, testFrozenWeightsStayAndTrainedMove)
}

func testFrozenWeightsStayAndTrainedMove(t *testing.T, engine compute.Backend) {
	r := tinyRecipe("padapter")
	r.Train.Epochs, r.Train.Optimizer, r.Train.WeightDecay = 2, "sgd", 0
	tr := newTrial(t, engine, r)
	before := weightsOf(t, tr.opt.Store)
	result, err := Run(t.Context(), tr.opt)
	if err != nil {
		t.Fatal(err)
	}
	trained := map[string]bool{}
	for _, v := range tr.opt.Trained {
		trained[v.Path()] = true
	}
	moved := 0
	for path, after := range weightsOf(t, tr.opt.Store) {
		same := slices.Equal(before[path], after)
		switch statistic := strings.HasPrefix(path, "/head/0/"); {
		case trained[path] && !same:
			moved++
		case !trained[path] && !statistic && !same:
			t.Errorf("frozen weight %s changed", path)
		case statistic && same:
			t.Errorf("running statistic %s did not move", path)
		}
	}
	if moved < len(trained)-2 { // the bias before batch normalisation has gradient 0
		t.Errorf("only %d of %d trained weights moved", moved, len(trained))
	}
	if result.TrainedParameters >= result.TotalParameters {
		t.Errorf("%d of %d parameters train", result.TrainedParameters, result.TotalParameters)
	}
}

func TestTwoRunsAreIdentical(t *testing.T) { engines(t, testTwoRunsAreIdentical) }

func testTwoRunsAreIdentical(t *testing.T, engine compute.Backend) {
	var first map[string][]float32
	var firstLosses []float64
	for i := range 2 {
		r := tinyRecipe("padapter")
		r.Train.Epochs = 2
		tr := newTrial(t, engine, r)
		tr.opt.Flip = true
		if _, err := Run(t.Context(), tr.opt); err != nil {
			t.Fatal(err)
		}
		weights, history := weightsOf(t, tr.opt.Store), losses(t, tr.opt.OutDir)
		if i == 0 {
			first, firstLosses = weights, history
			continue
		}
		if !slices.Equal(history, firstLosses) {
			t.Errorf("losses differ:\n%v\n%v", firstLosses, history)
		}
		for path, values := range weights {
			if !slices.Equal(values, first[path]) {
				t.Errorf("%s differs between two equal runs", path)
			}
		}
	}
}

func TestBadRowsAreSkippedAndCounted(t *testing.T) {
	r := tinyRecipe("linear")
	r.Train.Epochs = 1
	tr := newTrial(t, goBackend(t), r)
	rows := feedtest.Motion(tinyShape, 18, 1)
	rows[3].Frames, rows[3].Error = nil, "corrupt: planted"
	rows[7].Label = manifests.NoLabel
	tr.opt.Train = feedtest.New(t, tinyShape, feedtest.MotionClasses, rows)
	result, err := Run(t.Context(), tr.opt)
	if err != nil {
		t.Fatal(err)
	}
	if result.Steps != 2 || result.ClipsPerEpoch != 16 || result.Failed != 1 || result.Unlabelled != 1 || result.Dropped != 0 {
		t.Errorf("%+v: want 2 steps of 8 from 18 rows, 1 failed, 1 unlabelled", result)
	}
}

func TestNonFiniteLossStops(t *testing.T) {
	r := tinyRecipe("full")
	r.Train.BaseLR, r.Train.WarmupEpochs, r.Train.Optimizer, r.Train.WeightDecay = 1e30, 0, "sgd", 0
	tr := newTrial(t, goBackend(t), r)
	_, err := Run(t.Context(), tr.opt)
	var failure *NonFiniteError
	if !errors.As(err, &failure) {
		t.Fatalf("error %v, want a NonFiniteError", err)
	}
	var stored struct {
		Step int64
		IDs  []string
	}
	data, err := os.ReadFile(failure.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &stored); err != nil {
		t.Fatal(err)
	}
	if stored.Step != failure.Step || len(stored.IDs) != 8 || !slices.Equal(stored.IDs, failure.IDs) {
		t.Errorf("%s holds %+v, the error %v", failure.Path, stored, failure)
	}
	if len(tr.saved) != 0 {
		t.Errorf("models were saved after a non-finite loss: %v", tr.saved)
	}
}

func TestCancelAndDataErrors(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		tr := newTrial(t, goBackend(t), tinyRecipe("linear"))
		ctx, cancel := context.WithCancel(t.Context())
		tr.opt.Progress = func(p Progress) {
			if p.Step == 5 {
				cancel()
			}
		}
		if _, err := Run(ctx, tr.opt); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want a cancellation", err)
		}
	})
	t.Run("source fails", func(t *testing.T) {
		tr := newTrial(t, goBackend(t), tinyRecipe("linear"))
		broken := errors.New("shard 3 is gone")
		tr.opt.Train.(*feedtest.Source).Before = func(row int) error {
			if row > 30 {
				return broken
			}
			return nil
		}
		if _, err := Run(t.Context(), tr.opt); !errors.Is(err, broken) {
			t.Errorf("error %v, want the source's", err)
		}
	})
	t.Run("too few clips", func(t *testing.T) {
		tr := newTrial(t, goBackend(t), tinyRecipe("linear"))
		tr.opt.Train.(*feedtest.Source).Rows = tr.opt.Train.(*feedtest.Source).Rows[:7]
		if _, err := Run(t.Context(), tr.opt); err == nil || !strings.Contains(err.Error(), "train.batch") {
			t.Errorf("error %v, want one about train.batch", err)
		}
	})
}

func TestRatesFollowTheSchedule(t *testing.T) {
	r := tinyRecipe("linear")
	r.Train.Epochs, r.Train.WarmupEpochs = 2, 1
	tr := newTrial(t, goBackend(t), r)
	var rates []float64
	tr.opt.Progress = func(p Progress) {
		if !p.Validating {
			rates = append(rates, p.Rate)
		}
	}
	if _, err := Run(t.Context(), tr.opt); err != nil {
		t.Fatal(err)
	}
	peak := 0.3 * 8 / 256
	want := schedule{Peak: peak, Min: 0.003, Warmup: 1, Epochs: 2}
	for i, rate := range rates {
		if math.Abs(rate-want.Rate(float64(i)/12)) > 1e-15 {
			t.Errorf("step %d has rate %v, want %v", i+1, rate, want.Rate(float64(i)/12))
		}
	}
	if rates[0] != 0 || rates[12] != peak {
		t.Errorf("rates start at %v and peak at %v, want 0 and %v", rates[0], rates[12], peak)
	}
}

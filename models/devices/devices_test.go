package devices_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/models/classifier"
	"padapter/models/feed/feedtest"
	"padapter/models/train"
	"padapter/pipeline/batch"
)

// simulated is how many devices XLA's plugin for processors is told to have. It must be told before it is opened.
const simulated = 4

func TestMain(m *testing.M) {
	flags := fmt.Sprintf("%s --xla_force_host_platform_device_count=%d", os.Getenv("XLA_FLAGS"), simulated)
	if err := os.Setenv("XLA_FLAGS", strings.TrimSpace(flags)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	backend.ServeTrial()
	os.Exit(m.Run())
}

// open returns XLA on so many devices.
func open(t *testing.T, devices int) *backend.Backend {
	t.Helper()
	if _, err := backend.Open("xla"); err != nil {
		t.Skipf("backend xla: %v", err)
	}
	b, err := backend.OpenWith(backend.Settings{Engine: "xla", Devices: fmt.Sprint(devices)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var shape = batch.Shape{Frames: 4, Height: 8, Width: 8, Channels: 3}

// tiny is a recipe of a transformer of a few thousand weights.
func tiny(tuning string) *recipe.Recipe {
	return &recipe.Recipe{
		Name: "tiny",
		Clip: recipe.Clip{
			Frames: 4, Stride: 1, Temporal: "dense", ShortSide: 8, Height: 8, Width: 8, Filter: "bilinear", TrainTemporal: "center", TrainCrop: "center",
			Mean: [3]float32{0.5, 0.5, 0.5}, Std: [3]float32{0.25, 0.25, 0.25},
		},
		Model:  recipe.Model{Dim: 16, Depth: 2, Heads: 2, MLPRatio: 2, Patch: 4, Tubelet: 2},
		Tuning: recipe.Tuning{Kind: tuning, Bottleneck: 4, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"},
		Train:  recipe.Train{Epochs: 2, Batch: 8, Optimizer: "sgd", BaseLR: 0.3, MinLR: 0.003, WarmupEpochs: 1, Momentum: 0.9, WeightDecay: 0.01, ClipNorm: 1, Seed: 3},
		Eval:   recipe.Eval{Batch: 6, TopK: 2},
	}
}

// outcome is what a run leaves.
type outcome struct {
	result  *train.Result
	log     []map[string]any
	weights map[string][]float32 // also running statistics, averages and the number of passes
	err     error
}

// run trains on so many devices.
func run(ctx context.Context, t *testing.T, devices int, r *recipe.Recipe, change func(*train.Options)) outcome {
	t.Helper()
	network, err := classifier.FromRecipe(r, len(feedtest.MotionClasses))
	if err != nil {
		t.Fatal(err)
	}
	store, err := network.NewStore(r.Train.Seed)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Finalize()
	trained, err := network.Trained(store)
	if err != nil {
		t.Fatal(err)
	}
	clips := feedtest.New(t, shape, feedtest.MotionClasses, feedtest.Motion(shape, 48, 1))
	clips.Shuffle = true
	opt := train.Options{
		Backend: open(t, devices).Compute, Store: store, Network: network, Trained: trained, Recipe: r, Train: clips,
		Val:    feedtest.New(t, shape, feedtest.MotionClasses, feedtest.Motion(shape, 15, 2)),
		OutDir: filepath.Join(t.TempDir(), "out"), Flip: true,
		Save: func(dir string) error { return os.MkdirAll(dir, 0o755) },
	}
	if change != nil {
		change(&opt)
	}
	o := outcome{weights: map[string][]float32{}}
	if o.result, o.err = train.Run(ctx, opt); o.result != nil {
		o.result.Seconds, o.result.TrainSeconds, o.result.WaitSeconds, o.result.CompileSeconds = 0, 0, 0, 0
	}
	if text, err := os.ReadFile(filepath.Join(opt.OutDir, train.LogFile)); err == nil {
		for line := range strings.Lines(string(text)) {
			event := map[string]any{}
			if err := json.Unmarshal([]byte(line), &event); err != nil {
				t.Fatal(err)
			}
			o.log = append(o.log, event)
		}
	}
	for v := range store.IterVariables() {
		o.weights[v.Path()] = values(t, v)
	}
	return o
}

func values(t *testing.T, v *model.Variable) []float32 {
	t.Helper()
	value, err := v.Value()
	if err != nil {
		t.Fatal(err)
	}
	flat, err := tensors.CopyFlatData[float32](value)
	if err != nil {
		t.Fatal(err)
	}
	return flat
}

// numbers returns a field of the log's lines of an event.
func (o outcome) numbers(event, field string) []float64 {
	var all []float64
	for _, line := range o.log {
		if line["event"] == event {
			n, _ := line[field].(float64)
			all = append(all, n)
		}
	}
	return all
}

// off returns the largest difference of two runs' weights, relative to the largest weight of the same variable.
func off(t *testing.T, got, want outcome) (most float64, where string) {
	t.Helper()
	if len(got.weights) != len(want.weights) {
		t.Errorf("%d variables, want %d", len(got.weights), len(want.weights))
	}
	for path, expected := range want.weights {
		if strings.Contains(path, "/fc_norm/") && !strings.HasPrefix(path, "/fc_norm/") {
			continue // batch normalisation follows this norm, so that its gradients are nothing but rounding
		}
		largest, difference := 1e-3, 0.0
		for i, w := range expected {
			largest = max(largest, math.Abs(float64(w)))
			difference = max(difference, math.Abs(float64(got.weights[path][i]-w)))
		}
		if difference/largest > most {
			most, where = difference/largest, path
		}
	}
	return most, where
}

// bound is the largest difference between numbers of devices that is taken for rounding, over all steps of a run.
const bound = 1e-5

func TestTrainingIsTheSameOnAnyNumberOfDevices(t *testing.T) {
	noisy := tiny("padapter")
	noisy.Model.Dropout, noisy.Model.AttnDropout, noisy.Model.DropPath, noisy.Tuning.Dropout = 0.2, 0.1, 0.2, 0.1
	rich := tiny("full")
	rich.Train.LabelSmoothing, rich.Train.EMA, rich.Train.LayerDecay, rich.Train.Mixup, rich.Train.CutMix = 0.1, 0.9, 0.8, 0.8, 1
	for _, c := range []struct {
		name    string
		recipe  *recipe.Recipe
		micro   int
		cache   int64
		devices []int
		twice   bool // the last number, for the same bytes
	}{
		{"whole batches", tiny("padapter"), 0, 0, []int{2, 4}, true},
		{"micro-batches", tiny("padapter"), 4, 0, []int{4}, true},
		{"dropout", noisy, 0, 0, []int{4}, false},
		{"averages, mixed clips", rich, 0, 0, []int{2}, false},
		{"cached features", tiny("linear"), 4, 1 << 20, []int{2}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			change := func(o *train.Options) { o.MicroBatch, o.FeatureCacheBytes = c.micro, c.cache }
			one := run(t.Context(), t, 1, c.recipe, change)
			if one.err != nil {
				t.Fatal(one.err)
			}
			var several outcome
			for _, devices := range c.devices {
				if several = run(t.Context(), t, devices, c.recipe, change); several.err != nil {
					t.Fatal(several.err)
				}
				most, where := off(t, several, one)
				t.Logf("%d devices: weights within %.2g of one device's, relative to the largest of a variable (%s)", devices, most, where)
				if most > bound {
					t.Errorf("%d devices: %s differs by %g from one device's", devices, where, most)
				}
				for _, field := range []string{"loss", "gradient_norm"} {
					for i, want := range one.numbers("step", field) {
						if got := several.numbers("step", field)[i]; math.Abs(got-want) > bound*math.Max(1, want) {
							t.Errorf("%d devices: %s of step %d is %v, on one device %v", devices, field, i+1, got, want)
						}
					}
				}
				if got := several.numbers("start", "devices"); !slices.Equal(got, []float64{float64(devices)}) || several.result.Devices != devices {
					t.Errorf("the log tells of %v devices and the result of %d, want %d", got, several.result.Devices, devices)
				}
			}
			if !c.twice {
				return
			}
			again := run(t.Context(), t, several.result.Devices, c.recipe, change)
			if again.err != nil {
				t.Fatal(again.err)
			}
			if *again.result != *several.result || !slices.Equal(again.numbers("step", "loss"), several.numbers("step", "loss")) {
				t.Errorf("a second run has %+v, the first %+v", *again.result, *several.result)
			}
			for path, first := range several.weights {
				if !slices.Equal(again.weights[path], first) {
					t.Errorf("%s is not the same bytes in a second run", path)
				}
			}
		})
	}
}

// TestStatesGoOnOnAnotherNumberOfDevices stops a run on 4 devices, goes on with 1, and ends on 2.
func TestStatesGoOnOnAnotherNumberOfDevices(t *testing.T) {
	r := tiny("padapter")
	r.Train.EMA, r.Tuning.Dropout = 0.9, 0.1
	dir := filepath.Join(t.TempDir(), "run")
	part := func(devices int, stop int64) outcome {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		return run(ctx, t, devices, r, func(o *train.Options) {
			o.OutDir, o.Resume = dir, true
			o.Progress = func(p train.Progress) {
				if p.Step == stop {
					cancel()
				}
			}
		})
	}
	if first := part(4, 3); !errors.Is(first.err, context.Canceled) {
		t.Fatal(first.err)
	}
	if second := part(1, 7); !errors.Is(second.err, context.Canceled) {
		t.Fatal(second.err)
	}
	last, one := part(2, -1), run(t.Context(), t, 1, r, nil)
	if err := errors.Join(last.err, one.err); err != nil {
		t.Fatal(err)
	}
	if most, where := off(t, last, one); most > bound {
		t.Errorf("%s differs by %g from that of a run on one device", where, most)
	}
	if got, want := len(last.numbers("step", "loss")), len(one.numbers("step", "loss")); got != want {
		t.Errorf("the log has %d steps, want %d", got, want)
	}
	if got := last.numbers("resume", "devices"); !slices.Equal(got, []float64{1, 2}) || last.result.Devices != 2 {
		t.Errorf("the log tells of going on with %v devices, the result of %d", got, last.result.Devices)
	}
}

func TestBatchesMustBeDivisible(t *testing.T) {
	r := tiny("padapter")
	r.Train.Batch = 6
	if o := run(t.Context(), t, 4, r, nil); o.err == nil || !strings.Contains(o.err.Error(), "a batch of 6 clips cannot be divided equally among 4 devices") {
		t.Errorf("a batch of 6 on 4 devices: %v", o.err)
	}
	micro := func(opt *train.Options) { opt.MicroBatch = 2 }
	if o := run(t.Context(), t, 4, tiny("padapter"), micro); o.err == nil || !strings.Contains(o.err.Error(), "a micro-batch of 2 clips cannot be divided") {
		t.Errorf("micro-batches of 2 on 4 devices: %v", o.err)
	}
}

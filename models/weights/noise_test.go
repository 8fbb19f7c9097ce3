package weights_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/backend"
	"padapter/models/backend/enginetest"
	"padapter/models/weights"
)

// draw passes ones [clips, per] twice through f in training and once outside.
func draw(t *testing.T, b *backend.Backend, clips, per int, f func(n weights.Nodes, x *graph.Node) *graph.Node) (first, second, still []float32) {
	t.Helper()
	store := model.NewStore()
	if err := weights.Fill(store, []weights.Parameter{weights.NoiseCounter}, 3); err != nil {
		t.Fatal(err)
	}
	ones := make([]float32, clips*per)
	for i := range ones {
		ones[i] = 1
	}
	run := func(training bool, times int) (all [][]float32) {
		exec, err := model.NewExec(b.Compute, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
			n := weights.NodesOf(scope, x)
			if training {
				n = n.Training()
			}
			return f(n, x)
		})
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Finalize()
		for range times {
			out, err := exec.Call(tensors.FromFlatDataAndDimensions(ones, clips, per))
			if err != nil {
				t.Fatal(err)
			}
			values, err := tensors.CopyFlatData[float32](out[0])
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, values)
		}
		return all
	}
	trained := run(true, 2)
	return trained[0], trained[1], run(false, 1)[0]
}

// share is how many values are 0; every other must be 1/(1-rate).
func share(t *testing.T, values []float32, rate float64) float64 {
	t.Helper()
	zeros := 0
	for _, v := range values {
		switch {
		case v == 0:
			zeros++
		case math.Abs(float64(v)-1/(1-rate)) > 1e-6:
			t.Fatalf("a kept value is %g, want %g", v, 1/(1-rate))
		}
	}
	return float64(zeros) / float64(len(values))
}

// TestDropout checks rate, scale, that passes and places differ, that clips of a dropped path go as a whole, and that
// nothing happens outside training.
func TestDropout(t *testing.T) {
	const rate, clips, per = 0.3, 400, 50
	enginetest.Each(t, func(t *testing.T, b *backend.Backend) {
		first, second, still := draw(t, b, clips, per, func(n weights.Nodes, x *graph.Node) *graph.Node { return n.Dropout(x, rate) })
		same := 0
		for i := range first {
			if first[i] == second[i] {
				same++
			}
		}
		if got := share(t, first, rate); math.Abs(got-rate) > 0.015 { // five standard deviations
			t.Errorf("%.3f of the values are dropped, want %.2f", got, rate)
		}
		if got, want := float64(same)/float64(len(first)), rate*rate+(1-rate)*(1-rate); math.Abs(got-want) > 0.02 {
			t.Errorf("%.3f of the values are alike in two passes, want %.2f", got, want)
		}
		for _, v := range still {
			if v != 1 {
				t.Fatalf("outside training a value is %g", v)
			}
		}
		path, other, still := draw(t, b, clips, per, func(n weights.Nodes, x *graph.Node) *graph.Node { return n.DropPath(x, rate) })
		dropped, changed := 0, 0
		for i := range clips {
			for _, v := range path[i*per : (i+1)*per] {
				if v != path[i*per] {
					t.Fatalf("clip %d is dropped in part", i)
				}
			}
			if path[i*per] == 0 {
				dropped++
			}
			if path[i*per] != other[i*per] {
				changed++
			}
		}
		share(t, path, rate)
		if got := float64(dropped) / clips; math.Abs(got-rate) > 0.12 || changed == 0 || still[0] != 1 {
			t.Errorf("%.3f of the clips are dropped, want %.2f; %d differ between passes; outside training %g", got, rate, changed, still[0])
		}
	})
}

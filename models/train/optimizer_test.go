package train

import (
	"math"
	"testing"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// naive is an optimizer written out on the host in float64, one weight array at a time.
type naive struct {
	momentum, decay float64
	buffer, second  []float64
	matrix          bool
}

func naiveSGD(n *naive, w, g []float64, _ int, rate float64) {
	for i := range w {
		d := g[i]
		if n.matrix {
			d += n.decay * w[i]
		}
		n.buffer[i] = n.momentum*n.buffer[i] + d
		w[i] -= rate * n.buffer[i]
	}
}

func naiveAdamW(n *naive, w, g []float64, t int, rate float64) {
	for i := range w {
		if n.matrix {
			w[i] -= rate * n.decay * w[i]
		}
		n.buffer[i] = 0.9*n.buffer[i] + 0.1*g[i]
		n.second[i] = 0.999*n.second[i] + 0.001*g[i]*g[i]
		mean := n.buffer[i] / (1 - math.Pow(0.9, float64(t)))
		variance := n.second[i] / (1 - math.Pow(0.999, float64(t)))
		w[i] -= rate * mean / (math.Sqrt(variance) + 1e-8)
	}
}

func naiveLARS(n *naive, w, g []float64, t int, rate float64) {
	scaled, trust := make([]float64, len(g)), 1.0
	copy(scaled, g)
	if n.matrix {
		var weights, step float64
		for i := range w {
			scaled[i] += n.decay * w[i]
			weights += w[i] * w[i]
			step += scaled[i] * scaled[i]
		}
		if weights > 0 && step > 0 {
			trust = 0.001 * math.Sqrt(weights) / math.Sqrt(step)
		}
	}
	for i := range w {
		n.buffer[i] = n.momentum*n.buffer[i] + trust*scaled[i]
		w[i] -= rate * n.buffer[i]
	}
}

// The test's loss is Σ cos(w)·c over a matrix and a vector, so its gradient is -sin(w)·c.
var (
	startMatrix = []float64{0.5, -1, 2, 0.1, -0.3, 0.7}
	startVector = []float64{1, -2, 0}
	factorOf    = func(i int) float64 { return 1 + 0.5*float64(i) }
)

func TestOptimizersAgainstTheirDefinitions(t *testing.T) {
	rates := []float64{0.1, 0.05, 0.2, 0.01, 0.1}
	for _, c := range []struct {
		name  string
		decay float64
		step  func(*naive, []float64, []float64, int, float64)
	}{
		{"sgd", 0, naiveSGD}, {"sgd", 0.1, naiveSGD},
		{"adamw", 0, naiveAdamW}, {"adamw", 0.1, naiveAdamW},
		{"lars", 0, naiveLARS}, {"lars", 0.1, naiveLARS},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := runOptimizer(t, c.name, 0.9, c.decay, rates)
			for k, start := range [][]float64{startMatrix, startVector} {
				w := append([]float64(nil), start...)
				n := &naive{momentum: 0.9, decay: c.decay, matrix: k == 0, buffer: make([]float64, len(w)), second: make([]float64, len(w))}
				for s, rate := range rates {
					g := make([]float64, len(w))
					for i := range g {
						g[i] = -math.Sin(w[i]) * factorOf(i)
					}
					c.step(n, w, g, s+1, rate)
				}
				for i := range w {
					if math.Abs(float64(got[k][i])-w[i]) > 2e-6 {
						t.Errorf("decay %v: weight %d of array %d is %v after %d steps, the definition gives %v", c.decay, i, k, got[k][i], len(rates), w[i])
					}
				}
			}
		})
	}
}

// runOptimizer takes one step for each rate and returns the final matrix and vector.
func runOptimizer(t *testing.T, name string, momentum, decay float64, rates []float64) [2][]float32 {
	t.Helper()
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	store := model.NewStore()
	defer store.Finalize()
	optimizer, err := NewOptimizer(name, momentum, decay)
	if err != nil {
		t.Fatal(err)
	}
	matrix, err := store.CreateVariable("/matrix", tensors.FromFlatDataAndDimensions(toFloat32(startMatrix), 2, 3))
	if err != nil {
		t.Fatal(err)
	}
	vector, err := store.CreateVariable("/vector", tensors.FromFlatDataAndDimensions(toFloat32(startVector), 3))
	if err != nil {
		t.Fatal(err)
	}
	variables := []*model.Variable{matrix, vector}
	if err := optimizer.Prepare(store, variables); err != nil {
		t.Fatal(err)
	}
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, scalars []*graph.Node) []*graph.Node {
		var loss *graph.Node
		nodes := []*graph.Node{matrix.NodeValue(scalars[0]), vector.NodeValue(scalars[0])}
		for _, w := range nodes {
			factors := graph.AddScalar(graph.MulScalar(graph.IotaFull(w.Graph(), w.Shape()), 0.5), 1)
			term := graph.ReduceAllSum(graph.Mul(graph.Cos(w), factors))
			if loss == nil {
				loss = term
			} else {
				loss = graph.Add(loss, term)
			}
		}
		optimizer.Update(store, variables, graph.Gradient(loss, nodes...), scalars)
		return []*graph.Node{loss}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	for s, rate := range rates {
		var args []any
		for _, v := range optimizer.scalarsAt(int64(s+1), rate) {
			args = append(args, float32(v))
		}
		out, err := exec.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		out[0].MustFinalizeAll()
	}
	if slots := len(optimizer.slots); len(optimizer.state(store, variables)) != 2*slots {
		t.Errorf("%s keeps %d state arrays, want %d", name, len(optimizer.state(store, variables)), 2*slots)
	}
	return [2][]float32{tensors.MustCopyFlatData[float32](matrix.MustValue()), tensors.MustCopyFlatData[float32](vector.MustValue())}
}

func toFloat32(v []float64) []float32 {
	out := make([]float32, len(v))
	for i := range v {
		out[i] = float32(v[i])
	}
	return out
}

func TestClipByNorm(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	for _, c := range []struct{ limit, want float64 }{{1, 1}, {10, 5}, {2.5, 2.5}} {
		out, err := graph.CallOnceN(backend, func(a, b *graph.Node) []*graph.Node {
			gradients := []*graph.Node{a, b}
			return []*graph.Node{globalNorm(clipByNorm(gradients, globalNorm(gradients), c.limit))}
		}, []float32{3, 0}, float32(4))
		if err != nil {
			t.Fatal(err)
		}
		if got := tensors.ToScalar[float32](out[0]); math.Abs(float64(got)-c.want) > 1e-5 {
			t.Errorf("norm 5 clipped at %v is %v, want %v", c.limit, got, c.want)
		}
	}
}

func TestNewOptimizerRejects(t *testing.T) {
	for _, c := range []struct {
		name            string
		momentum, decay float64
	}{{"sgdd", 0.9, 0}, {"sgd", 1, 0}, {"sgd", -0.1, 0}, {"adamw", 0.9, -1}, {"sgd", 0.9, math.NaN()}} {
		if _, err := NewOptimizer(c.name, c.momentum, c.decay); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestCrossEntropyAgainstTheHost(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	logits, labels := [][]float32{{1, 2, -3}, {1000, 0, 0}, {0.5, 0.5, 0.5}}, []int32{1, 0, 2}
	for i, smoothing := range []float64{0, 0.1, 0.1} {
		share := []float64{1, 1, 0.7}[i]
		targets := make([]float32, 9)
		fillTargets(targets, labels, 3, smoothing, share)
		out, err := graph.CallOnceN(backend, func(l, y *graph.Node) []*graph.Node { return []*graph.Node{crossEntropy(l, y)} },
			logits, tensors.FromFlatDataAndDimensions(targets, 3, 3))
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for i, row := range logits {
			top := math.Max(float64(row[0]), math.Max(float64(row[1]), float64(row[2])))
			sum := 0.0
			for _, l := range row {
				sum += math.Exp(float64(l) - top)
			}
			for c, l := range row {
				want += float64(targets[3*i+c]) * (top + math.Log(sum) - float64(l)) / 3
			}
		}
		if got := float64(tensors.ToScalar[float32](out[0])); math.Abs(got-want) > 1e-5*math.Max(1, want) {
			t.Errorf("smoothing %v: loss %v, want %v", smoothing, got, want)
		}
	}
}

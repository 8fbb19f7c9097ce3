//go:build (linux || darwin) && (amd64 || arm64) && cgo

package backend

import (
	"bytes"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"

	onnx "github.com/gomlx/compute-onnx"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"padapter/models/backend/branch"
	"padapter/models/backend/replay"
)

// planning returns two ONNX Runtime backends, one with memory pattern and one without.
func planning(t *testing.T) (planned, without *replay.Backend) {
	t.Helper()
	if _, err := Open("onnx"); err != nil {
		t.Skip(err)
	}
	raw, err := onnx.New("cpu")
	if err != nil {
		t.Fatal(err)
	}
	planned, without = replay.New(raw), replay.New(raw)
	without.Refine = (&memoryPatternOff{engine: raw.(*onnx.Backend)}).compile
	return planned, without
}

func TestGraphsWithoutMemoryPatternComputeTheSame(t *testing.T) {
	planned, without := planning(t)
	build := func(x, y *graph.Node) []*graph.Node {
		product := graph.MatMul(x, y)
		sum := graph.ReduceAllSum(graph.Exp(product))
		gradients := graph.Gradient(sum, x, y)
		most := graph.ArgMax(product, -1)
		return []*graph.Node{sum, gradients[0], gradients[1], x, graph.GreaterThan(product, graph.ZerosLike(product)), most}
	}
	x := [][]float32{{0.1, -0.2, 0.3}, {0.4, 0.5, -0.6}}
	y := [][]float32{{0.7, 0.1}, {-0.3, 0.2}, {0.5, -0.9}}
	var results [2][]*tensors.Tensor
	for i, b := range []*replay.Backend{planned, without} {
		exec, err := graph.NewExec(b, build)
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Finalize()
		for range 3 { // memory is taken otherwise from the second run on
			if results[i], err = exec.Call(x, y); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, want := range results[0] {
		got := results[1][i]
		if !got.Shape().Equal(want.Shape()) {
			t.Errorf("result %d has shape %s, want %s", i, got.Shape(), want.Shape())
		}
		if !got.Equal(want) {
			t.Errorf("result %d: %v, want %v", i, got, want)
		}
	}
}

// TestUnplannedGraphsTakeLessMemory runs a graph whose intermediate values are 24 matrices of 4 MB that all live until the
// end, and measures what the second run adds.
func TestUnplannedGraphsTakeLessMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the resident set is read from /proc")
	}
	planned, without := planning(t)
	const side, steps = 1024, 24
	build := func(x *graph.Node) *graph.Node {
		values := []*graph.Node{x}
		for range steps {
			values = append(values, graph.Tanh(values[len(values)-1]))
		}
		total := values[steps]
		for i := steps - 1; i >= 0; i-- {
			total = graph.Mul(total, values[i])
		}
		return graph.ReduceAllSum(total)
	}
	x := tensors.FromFlatDataAndDimensions(slices.Repeat([]float32{0.5}, side*side), side, side)
	second := func(b *replay.Backend) int64 {
		exec, err := graph.NewExec(b, build)
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Finalize()
		own, err := x.LocalClone()
		if err != nil {
			t.Fatal(err)
		}
		var after [2]int64
		for i := range after {
			if _, err := exec.Call(own); err != nil {
				t.Fatal(err)
			}
			after[i] = peakResident(t)
		}
		return after[1] - after[0]
	}
	// without first: the peak of a process never falls
	less, more := second(without), second(planned)
	const all = steps * side * side * 4
	if less > all/4 {
		t.Errorf("the second run of a graph without memory pattern took %d MB more", less>>20)
	}
	if more < all/2 {
		t.Logf("planned graphs take only %d MB more: this version of the runtime may not need the branch", more>>20)
	}
}

func peakResident(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(status) {
		if f := bytes.Fields(line); len(f) == 3 && string(f[0]) == "VmHWM:" {
			kib, err := strconv.ParseInt(string(f[1]), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

func TestOnlyWholeModelsAreWrapped(t *testing.T) {
	for name, model := range map[string][]byte{"empty": {}, "no graph": {8, 9}, "cut off": {0x3a, 200, 1, 0}, "not protobuf": []byte("hello")} {
		if _, err := branch.Wrap(model); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

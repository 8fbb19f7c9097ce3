package recorded_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"padapter/models/backend/recorded"
)

// errStop ends a compilation once the graph is seen.
var errStop = errors.New("stop")

// recording returns a builder for an engine without tangents and without float64, and the graph that it compiles.
func recording() (*recorded.Builder, **recorded.Graph) {
	var graph *recorded.Graph
	operations := map[compute.OpType]bool{
		compute.OpTypeParameter: true, compute.OpTypeConstant: true, compute.OpTypeAdd: true, compute.OpTypeNeg: true, compute.OpTypeConvertDType: true,
	}
	return recorded.NewBuilder("some", recorded.Engine{
		Name:         "test engine",
		Capabilities: compute.Capabilities{Operations: operations, DTypes: map[dtypes.DType]bool{dtypes.Float32: true}},
		Compile: func(g *recorded.Graph) (compute.Executable, error) {
			graph = g
			return nil, errStop
		},
	}), &graph
}

func parameter(t *testing.T, f compute.Function, name string) compute.Value {
	t.Helper()
	p, err := f.Parameter(name, shapes.Make(dtypes.Float32, 2), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLive checks which nodes remain of a graph, and their order.
func TestLive(t *testing.T) {
	builder, graph := recording()
	f := builder.Main()
	parameter(t, f, "unused")
	x := parameter(t, f, "x")
	values := []float32{1, 2}
	constant, err := f.Constant(values, 2)
	if err != nil {
		t.Fatal(err)
	}
	values[0] = 7 // the recorded values are a copy
	dead, err := f.Neg(x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Add(dead, x); err != nil {
		t.Fatal(err)
	}
	sum, err := f.Add(constant, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := builder.Compile(); err == nil || !strings.Contains(err.Error(), "without results") {
		t.Errorf("without results: %v", err)
	}
	if err := f.Return([]compute.Value{sum, sum}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := builder.Compile(); !errors.Is(err, errStop) {
		t.Fatal(err)
	}
	var got []compute.OpType
	live := (*graph).Live()
	for _, n := range live {
		got = append(got, n.Op)
	}
	if want := []compute.OpType{compute.OpTypeParameter, compute.OpTypeParameter, compute.OpTypeConstant, compute.OpTypeAdd}; !slices.Equal(got, want) {
		t.Fatalf("live nodes are %v, want %v", got, want)
	}
	if first := live[2].Args.(recorded.ConstantArgs).Bytes; !slices.Equal(first, dtypes.UnsafeByteSliceFromAny([]float32{1, 2})) {
		t.Errorf("the constant's bytes are %v", first)
	}
}

// TestRefused checks that what an engine lacks is an error of its own kind, so that GoMLX takes another way.
func TestRefused(t *testing.T) {
	builder, _ := recording()
	f := builder.Main()
	x := parameter(t, f, "x")
	_, tangent := f.Tanh(x)
	_, wide := f.ConvertDType(x, dtypes.Float64)
	_, sort := f.Gather(x, x, 0, nil, nil, nil, nil, false)
	_, function := builder.NewFunction("other")
	_, closure := f.Closure()
	for name, err := range map[string]error{"operation": tangent, "type": wide, "never recorded": sort, "function": function, "closure": closure} {
		if !compute.IsNotImplemented(err) || !strings.Contains(err.Error(), "test engine") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.Add(x, 3); err == nil || !strings.Contains(err.Error(), "another graph") {
		t.Errorf("a value that is no node: %v", err)
	}
	y, err := f.Parameter("y", shapes.Make(dtypes.Float32, 3), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Add(x, y); err == nil {
		t.Error("2 and 3 values were added")
	}
	if _, err := f.Constant([]float32{1, 2, 3}, 2); err == nil || !strings.Contains(err.Error(), "3 values") {
		t.Errorf("a constant of 3 values for 2: %v", err)
	}
	if _, err := f.Constant(float32(1)); err == nil || !strings.Contains(err.Error(), "slice") {
		t.Errorf("a constant that is no slice: %v", err)
	}
}

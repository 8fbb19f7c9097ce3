//go:build linux && amd64 && cgo

package openvino

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"

	"padapter/models/backend/recorded"
)

// host computes the values of a graph that the library would narrow, in the pure Go engine.
type host struct {
	executable compute.Executable
	parameters []*recorded.Node // of the graph, in the order of the executable's inputs
	values     []*recorded.Node // in the order of its outputs
}

// goEngine is the engine of all hosts.
var goEngine = sync.OnceValues(func() (compute.Backend, error) { return gobackend.New("ops_sequential") })

// onHost reports whether the library computes an operation otherwise than its types say.
func onHost(n *recorded.Node) bool {
	integers := n.Op == compute.OpTypeIota && n.Shape.DType != dtypes.Float32
	for _, x := range append([]*recorded.Node{n}, n.In...) {
		if !exact(x.Shape.DType) {
			return true
		}
		integers = integers || x.Shape.DType.IsInt()
	}
	if !integers {
		return false
	}
	if n.Op == compute.OpTypeIota {
		return true
	}
	_, two := binaries[n.Op]
	_, one := unary[n.Op]
	_, sums := reductions[n.Op]
	return two || one || sums || bitwise[n.Op]
}

// bitwise are integer operations that the library is never asked for.
var bitwise = map[compute.OpType]bool{
	compute.OpTypeBitwiseAnd: true, compute.OpTypeBitwiseOr: true, compute.OpTypeBitwiseXor: true,
	compute.OpTypeShiftLeft: true, compute.OpTypeShiftRightLogical: true,
}

// newHost finds the values that the host computes for a graph: those that the rest of the graph or its results need are
// its outputs. It returns nil when there are none.
func newHost(g *recorded.Graph) (h *host, err error) {
	h = &host{}
	seen := map[*recorded.Node]bool{}
	var visit func(n *recorded.Node, user *recorded.Node)
	visit = func(n, user *recorded.Node) {
		boundary := onHost(n) && (user == nil || !onHost(user))
		if n.Op == compute.OpTypeParameter {
			boundary = false // inputs are bound as they are
		}
		if boundary && !slices.Contains(h.values, n) {
			h.values = append(h.values, n)
		}
		if seen[n] {
			return
		}
		seen[n] = true
		for _, in := range n.In {
			visit(in, n)
		}
	}
	for _, n := range g.Results {
		visit(n, nil)
	}
	if len(h.values) == 0 {
		return nil, nil
	}
	engine, err := goEngine()
	if err != nil {
		return nil, err
	}
	builder := engine.Builder("host")
	main := builder.Main()
	again := map[*recorded.Node]compute.Value{}
	var repeat func(n *recorded.Node) (compute.Value, error)
	repeat = func(n *recorded.Node) (compute.Value, error) {
		if v := again[n]; v != nil {
			return v, nil
		}
		if n.Op == compute.OpTypeDotGeneral && !onHost(n) {
			return nil, errors.New("integers or float64 that depend on a matrix product of float32 are not supported")
		}
		in := make([]compute.Value, len(n.In))
		for i, x := range n.In {
			if in[i], err = repeat(x); err != nil {
				return nil, err
			}
		}
		if n.Op == compute.OpTypeSchedulingBarrier { // the pure Go engine computes in the order of the operands
			again[n] = in[0]
			return in[0], nil
		}
		v, err := n.Again(main, in)
		if err != nil {
			return nil, fmt.Errorf("operation %s in pure Go: %w", n.Op, err)
		}
		if n.Op == compute.OpTypeParameter {
			h.parameters = append(h.parameters, n)
		}
		again[n] = v
		return v, nil
	}
	outputs := make([]compute.Value, len(h.values))
	for i, n := range h.values {
		if outputs[i], err = repeat(n); err != nil {
			return nil, err
		}
	}
	if err := main.Return(outputs, nil); err != nil {
		return nil, err
	}
	h.executable, err = builder.Compile()
	return h, err
}

// run computes the values from the inputs of the graph, in new buffers.
func (h *host) run(b *Backend, inputs []*buffer) ([]*buffer, error) {
	engine, err := goEngine()
	if err != nil {
		return nil, err
	}
	given := make([]compute.Buffer, len(h.parameters))
	for i, p := range h.parameters {
		flat, err := inputs[p.Args.(recorded.ParameterArgs).Index].Data()
		if err != nil {
			return nil, err
		}
		if given[i], err = engine.BufferFromFlatData(0, flat, p.Shape); err != nil {
			return nil, err
		}
		defer given[i].Finalize() //nolint:errcheck // memory of the Go heap
	}
	made, err := h.executable.Execute(given, nil, 0)
	if err != nil {
		return nil, err
	}
	values := make([]*buffer, len(made))
	for i, m := range made {
		defer m.Finalize() //nolint:errcheck // memory of the Go heap
		if values[i], err = copied(b, m, h.values[i].Shape); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// copied returns a copy of another engine's buffer.
func copied(b *Backend, from compute.Buffer, shape shapes.Shape) (*buffer, error) {
	made, err := b.newBuffer(shape)
	if err != nil {
		return nil, err
	}
	flat, err := made.Data()
	if err != nil {
		return nil, err
	}
	return made, from.ToFlatData(flat)
}

func (h *host) close() { h.executable.Finalize() }

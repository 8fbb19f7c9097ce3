package replay

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// operation is one recorded step of a graph: its operands, its result, and a function that builds it again elsewhere.
type operation struct {
	name      string
	in        []compute.Value // of the draft
	out       compute.Value   // of the draft
	parameter bool
	build     func(f compute.Function, in []compute.Value) (compute.Value, error)
	dot       *dot       // of a product
	broadcast *broadcast // of a broadcast
	move      *move      // of a step that only moves values
	elements  bool       // a step that broadcasts axes of length 1 by itself
}

// broadcast holds the arguments of a broadcast.
type broadcast struct {
	shape shapes.Shape
	axes  []int
}

// move holds the arguments of a transposition or a reshape.
type move struct {
	permutation []int // of a transposition
	dimensions  []int // of a reshaping
}

// function records the calls to the draft's main function.
type function struct {
	compute.Function // the draft's
	builder          *builder
	operations       []*operation
	made             map[compute.Value]*operation
	results          []compute.Value
	shardings        []*compute.ShardingSpec
}

func (f *function) Builder() compute.Builder { return f.builder }

// ask builds the operation in the draft and records it.
func (f *function) ask(op operation) (compute.Value, error) {
	out, err := op.build(f.Function, op.in)
	if err != nil {
		return nil, err
	}
	if f.made[out] == nil { // an engine may return an operand as it is
		op.out = out
		f.operations = append(f.operations, &op)
		f.made[out] = &op
	}
	return out, nil
}

func (f *function) Parameter(name string, shape shapes.Shape, sharding *compute.ShardingSpec) (compute.Value, error) {
	return f.ask(operation{name: "Parameter", parameter: true, build: func(g compute.Function, _ []compute.Value) (compute.Value, error) {
		return g.Parameter(name, shape, sharding)
	}})
}

func (f *function) Constant(flat any, dims ...int) (compute.Value, error) {
	return f.ask(operation{name: "Constant", build: func(g compute.Function, _ []compute.Value) (compute.Value, error) {
		return g.Constant(flat, dims...)
	}})
}

func (f *function) Return(outputs []compute.Value, shardings []*compute.ShardingSpec) error {
	f.results, f.shardings = outputs, shardings
	return f.Function.Return(outputs, shardings)
}

func (f *function) Identity(x compute.Value) (compute.Value, error) {
	return f.ask(operation{name: "Identity", in: []compute.Value{x}, move: &move{}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Identity(in[0])
	}})
}

func (f *function) Reshape(x compute.Value, dimensions ...int) (compute.Value, error) {
	return f.ask(operation{name: "Reshape", in: []compute.Value{x}, move: &move{dimensions: dimensions}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Reshape(in[0], dimensions...)
	}})
}

func (f *function) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	return f.ask(operation{name: "Transpose", in: []compute.Value{x}, move: &move{permutation: permutation}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Transpose(in[0], permutation...)
	}})
}

func (f *function) BroadcastInDim(x compute.Value, shape shapes.Shape, axes []int) (compute.Value, error) {
	return f.ask(operation{name: "BroadcastInDim", in: []compute.Value{x}, broadcast: &broadcast{shape, axes}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.BroadcastInDim(in[0], shape, axes)
	}})
}

func (f *function) Concatenate(axis int, operands ...compute.Value) (compute.Value, error) {
	return f.ask(operation{name: "Concatenate", in: operands, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Concatenate(axis, in...)
	}})
}

func (f *function) ConvertDType(x compute.Value, dtype dtypes.DType) (compute.Value, error) {
	return f.ask(operation{name: "ConvertDType", in: []compute.Value{x}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.ConvertDType(in[0], dtype)
	}})
}

func (f *function) ArgMinMax(x compute.Value, axis int, dtype dtypes.DType, isMin bool) (compute.Value, error) {
	return f.ask(operation{name: "ArgMinMax", in: []compute.Value{x}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.ArgMinMax(in[0], axis, dtype, isMin)
	}})
}

func (f *function) Iota(shape shapes.Shape, axis int) (compute.Value, error) {
	return f.ask(operation{name: "Iota", build: func(g compute.Function, _ []compute.Value) (compute.Value, error) {
		return g.Iota(shape, axis)
	}})
}

func (f *function) Reverse(x compute.Value, axes ...int) (compute.Value, error) {
	return f.ask(operation{name: "Reverse", in: []compute.Value{x}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Reverse(in[0], axes...)
	}})
}

func (f *function) Slice(x compute.Value, starts, limits, strides []int) (compute.Value, error) {
	return f.ask(operation{name: "Slice", in: []compute.Value{x}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Slice(in[0], starts, limits, strides)
	}})
}

func (f *function) Where(condition, onTrue, onFalse compute.Value) (compute.Value, error) {
	return f.ask(operation{name: "Where", in: []compute.Value{condition, onTrue, onFalse}, build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Where(in[0], in[1], in[2])
	}})
}

func (f *function) DotGeneral(lhs compute.Value, lhsContracting, lhsBatch []int, rhs compute.Value, rhsContracting, rhsBatch []int, config compute.DotGeneralConfig) (compute.Value, error) {
	d := &dot{lhsContracting, lhsBatch, rhsContracting, rhsBatch, config}
	return f.ask(operation{name: "DotGeneral", in: []compute.Value{lhs, rhs}, dot: d, build: d.ask})
}

// OptimizationBarrier returns its operands unchanged. The scheduling barrier, which changes the operands, keeps the
// engine from merging recomputed operations with the original ones.
func (f *function) OptimizationBarrier(operands ...compute.Value) ([]compute.Value, error) {
	return operands, nil
}

func (f *function) SchedulingBarrier(operand compute.Value, dependencies ...compute.Value) (compute.Value, error) {
	return f.ask(operation{name: "SchedulingBarrier", in: append([]compute.Value{operand}, dependencies...), build: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.SchedulingBarrier(in[0], in[1:]...)
	}})
}

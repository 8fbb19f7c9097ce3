package recorded

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
)

// function records the operations of the main function.
type function struct {
	notimplemented.Function
	builder  *Builder
	graph    *Graph
	recorded int
}

// infer returns the shape of a result from those of the operands.
type infer func(in []shapes.Shape) (shapes.Shape, error)

// record adds a node, completed by its operands, shape and number.
func (f *function) record(n Node, operands []compute.Value, infer infer) (compute.Value, error) {
	engine := f.builder.engine
	if !engine.Capabilities.Operations[n.Op] {
		return nil, f.builder.lacks(n.Op)
	}
	in, err := f.nodes(operands)
	if err != nil {
		return nil, err
	}
	list := make([]shapes.Shape, len(in))
	for i, x := range in {
		list[i] = x.Shape
	}
	n.In, n.Number = in, f.recorded
	if n.Shape, err = infer(list); err != nil {
		return nil, err
	}
	if !engine.Capabilities.DTypes[n.Shape.DType] {
		return nil, fmt.Errorf("%s: operation %s: values of type %s: %w", engine.Name, n.Op, n.Shape.DType, compute.ErrNotImplemented)
	}
	f.recorded++
	return &n, nil
}

// nodes returns the recorded operations behind values.
func (f *function) nodes(values []compute.Value) ([]*Node, error) {
	list := make([]*Node, len(values))
	for i, v := range values {
		n, ok := v.(*Node)
		if !ok {
			return nil, fmt.Errorf("%s: a value of another graph", f.builder.engine.Name)
		}
		list[i] = n
	}
	return list, nil
}

// one records an operation of one operand.
func (f *function) one(op compute.OpType, x compute.Value, args any, infer func(shapes.Shape) (shapes.Shape, error), again func(g compute.Function, x compute.Value) (compute.Value, error)) (compute.Value, error) {
	return f.record(Node{Op: op, Args: args, Again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return again(g, in[0])
	}}, []compute.Value{x}, func(in []shapes.Shape) (shapes.Shape, error) { return infer(in[0]) })
}

// known infers a shape that does not depend on operands.
func known(shape shapes.Shape) infer {
	return func([]shapes.Shape) (shapes.Shape, error) { return shape, nil }
}

func (f *function) Name() string { return compute.MainName }

func (f *function) Builder() compute.Builder { return f.builder }

func (f *function) Parent() compute.Function { return nil }

func (f *function) Closure() (compute.Function, error) {
	return nil, fmt.Errorf("%s: closures: %w", f.builder.engine.Name, compute.ErrNotImplemented)
}

func (f *function) Shape(v compute.Value) (shapes.Shape, error) {
	n, err := f.nodes([]compute.Value{v})
	if err != nil {
		return shapes.Invalid(), err
	}
	return n[0].Shape, nil
}

func (f *function) Parameter(name string, shape shapes.Shape, _ *compute.ShardingSpec) (compute.Value, error) {
	args := ParameterArgs{name, len(f.graph.Parameters)}
	p, err := f.record(Node{Op: compute.OpTypeParameter, Args: args, Again: func(g compute.Function, _ []compute.Value) (compute.Value, error) {
		return g.Parameter(name, shape, nil)
	}}, nil, known(shape))
	if err != nil {
		return nil, err
	}
	f.graph.Parameters = append(f.graph.Parameters, p.(*Node))
	return p, nil
}

// Constant copies the values.
func (f *function) Constant(flat any, dims ...int) (compute.Value, error) {
	values := reflect.ValueOf(flat)
	if values.Kind() != reflect.Slice {
		return nil, fmt.Errorf("%s: a constant of type %T: it must be a slice", f.builder.engine.Name, flat)
	}
	shape := shapes.Make(dtypes.FromGoType(values.Type().Elem()), dims...)
	if shape.Size() != values.Len() {
		return nil, fmt.Errorf("%s: a constant %s of %d values", f.builder.engine.Name, shape, values.Len())
	}
	copied := reflect.MakeSlice(values.Type(), values.Len(), values.Len())
	reflect.Copy(copied, values)
	kept := copied.Interface()
	return f.record(Node{
		Op: compute.OpTypeConstant, Args: ConstantArgs{dtypes.UnsafeByteSliceFromAny(kept)},
		Again: func(g compute.Function, _ []compute.Value) (compute.Value, error) {
			return g.Constant(kept, shape.Dimensions...)
		},
	}, nil, known(shape))
}

func (f *function) Return(outputs []compute.Value, _ []*compute.ShardingSpec) (err error) {
	f.graph.Results, err = f.nodes(outputs)
	return err
}

func (f *function) Identity(x compute.Value) (compute.Value, error) { return x, nil }

func (f *function) Reshape(x compute.Value, dimensions ...int) (compute.Value, error) {
	dimensions = slices.Clone(dimensions)
	return f.one(compute.OpTypeReshape, x, nil,
		func(s shapes.Shape) (shapes.Shape, error) { return shapeinference.Reshape(s, dimensions) },
		func(g compute.Function, x compute.Value) (compute.Value, error) { return g.Reshape(x, dimensions...) })
}

func (f *function) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	permutation = slices.Clone(permutation)
	return f.one(compute.OpTypeTranspose, x, PermuteArgs{permutation},
		func(s shapes.Shape) (shapes.Shape, error) { return shapeinference.Transpose(s, permutation) },
		func(g compute.Function, x compute.Value) (compute.Value, error) {
			return g.Transpose(x, permutation...)
		})
}

func (f *function) BroadcastInDim(x compute.Value, shape shapes.Shape, axes []int) (compute.Value, error) {
	axes = slices.Clone(axes)
	return f.one(compute.OpTypeBroadcastInDim, x, BroadcastArgs{axes},
		func(s shapes.Shape) (shapes.Shape, error) {
			return shape, shapeinference.BroadcastInDim(s, shape, axes, nil)
		},
		func(g compute.Function, x compute.Value) (compute.Value, error) {
			return g.BroadcastInDim(x, shape, axes)
		})
}

func (f *function) ConvertDType(x compute.Value, dtype dtypes.DType) (compute.Value, error) {
	return f.one(compute.OpTypeConvertDType, x, nil,
		func(s shapes.Shape) (shapes.Shape, error) {
			s = s.Clone()
			s.DType = dtype
			return s, nil
		},
		func(g compute.Function, x compute.Value) (compute.Value, error) { return g.ConvertDType(x, dtype) })
}

func (f *function) Reverse(x compute.Value, axes ...int) (compute.Value, error) {
	axes = slices.Clone(axes)
	return f.one(compute.OpTypeReverse, x, AxesArgs{axes},
		func(s shapes.Shape) (shapes.Shape, error) { return s, nil },
		func(g compute.Function, x compute.Value) (compute.Value, error) { return g.Reverse(x, axes...) })
}

func (f *function) Slice(x compute.Value, starts, limits, strides []int) (compute.Value, error) {
	a := SliceArgs{slices.Clone(starts), slices.Clone(limits), slices.Clone(strides)}
	return f.one(compute.OpTypeSlice, x, a,
		func(s shapes.Shape) (shapes.Shape, error) {
			return shapeinference.Slice(s, a.Starts, a.Limits, a.Strides)
		},
		func(g compute.Function, x compute.Value) (compute.Value, error) {
			return g.Slice(x, a.Starts, a.Limits, a.Strides)
		})
}

func (f *function) Concatenate(axis int, operands ...compute.Value) (compute.Value, error) {
	return f.record(Node{Op: compute.OpTypeConcatenate, Args: AxisArgs{axis}, Again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Concatenate(axis, in...)
	}}, operands, func(in []shapes.Shape) (shapes.Shape, error) { return shapeinference.Concatenate(in, axis) })
}

func (f *function) Iota(shape shapes.Shape, axis int) (compute.Value, error) {
	return f.record(Node{Op: compute.OpTypeIota, Args: AxisArgs{axis}, Again: func(g compute.Function, _ []compute.Value) (compute.Value, error) {
		return g.Iota(shape, axis)
	}}, nil, known(shape))
}

func (f *function) Where(condition, onTrue, onFalse compute.Value) (compute.Value, error) {
	return f.record(Node{Op: compute.OpTypeWhere, Again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Where(in[0], in[1], in[2])
	}}, []compute.Value{condition, onTrue, onFalse}, func(in []shapes.Shape) (shapes.Shape, error) {
		return shapeinference.Where(in[0], in[1], in[2])
	})
}

// Pad accepts padding at the edges only, not between values.
func (f *function) Pad(x, fill compute.Value, axes ...compute.PadAxis) (compute.Value, error) {
	shape, err := f.Shape(x)
	if err != nil {
		return nil, err
	}
	axes = slices.Clone(axes)
	args := PadArgs{make([]int, shape.Rank()), make([]int, shape.Rank())}
	for i, a := range axes {
		if a.Interior != 0 {
			return nil, fmt.Errorf("%s: padding between values: %w", f.builder.engine.Name, compute.ErrNotImplemented)
		}
		args.Before[i], args.After[i] = a.Start, a.End
	}
	return f.record(Node{Op: compute.OpTypePad, Args: args, Again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Pad(in[0], in[1], axes...)
	}}, []compute.Value{x, fill}, func(in []shapes.Shape) (shapes.Shape, error) { return shapeinference.Pad(in[0], axes...) })
}

func (f *function) DotGeneral(lhs compute.Value, lhsContracting, lhsBatch []int, rhs compute.Value, rhsContracting, rhsBatch []int, config compute.DotGeneralConfig) (compute.Value, error) {
	a := ProductArgs{slices.Clone(lhsContracting), slices.Clone(lhsBatch), slices.Clone(rhsContracting), slices.Clone(rhsBatch), config}
	return f.record(Node{Op: compute.OpTypeDotGeneral, Args: a, Again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.DotGeneral(in[0], a.LHSContracting, a.LHSBatch, in[1], a.RHSContracting, a.RHSBatch, a.Config)
	}}, []compute.Value{lhs, rhs}, func(in []shapes.Shape) (shapes.Shape, error) {
		return shapeinference.DotGeneral(in[0], a.LHSContracting, a.LHSBatch, in[1], a.RHSContracting, a.RHSBatch, a.Config)
	})
}

// OptimizationBarrier returns its operands. The scheduling barrier, which changes the operands, keeps engines from
// merging recomputed operations with the original ones.
func (f *function) OptimizationBarrier(operands ...compute.Value) ([]compute.Value, error) {
	return operands, nil
}

// SchedulingBarrier makes the operand depend on the dependencies, so that what is computed from it comes after them.
func (f *function) SchedulingBarrier(operand compute.Value, dependencies ...compute.Value) (compute.Value, error) {
	if len(dependencies) == 0 {
		return operand, nil
	}
	return f.record(Node{Op: compute.OpTypeSchedulingBarrier, Again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.SchedulingBarrier(in[0], in[1:]...)
	}}, append([]compute.Value{operand}, dependencies...), func(in []shapes.Shape) (shapes.Shape, error) { return in[0], nil })
}

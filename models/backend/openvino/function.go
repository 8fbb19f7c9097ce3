//go:build linux && amd64 && cgo

package openvino

import (
	"errors"
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
	builder    *builder
	parameters []*node
	results    []*node
	recorded   int
}

var errForeign = errors.New("OpenVINO: a value of another graph")

// record adds an operation with a shape that was inferred.
func (f *function) record(n node, shape shapes.Shape, err error) (compute.Value, error) {
	if err != nil {
		return nil, err
	}
	n.shape, n.number = shape, f.recorded
	f.recorded++
	return &n, nil
}

// nodes returns the recorded operations behind values.
func nodes(values ...compute.Value) ([]*node, error) {
	list := make([]*node, len(values))
	for i, v := range values {
		n, ok := v.(*node)
		if !ok {
			return nil, errForeign
		}
		list[i] = n
	}
	return list, nil
}

func (f *function) Name() string { return compute.MainName }

func (f *function) Builder() compute.Builder { return f.builder }

func (f *function) Parent() compute.Function { return nil }

func (f *function) Closure() (compute.Function, error) {
	return nil, fmt.Errorf("OpenVINO: closures: %w", compute.ErrNotImplemented)
}

func (f *function) Shape(v compute.Value) (shapes.Shape, error) {
	n, ok := v.(*node)
	if !ok {
		return shapes.Invalid(), errForeign
	}
	return n.shape, nil
}

func (f *function) Parameter(name string, shape shapes.Shape, sharding *compute.ShardingSpec) (compute.Value, error) {
	if _, err := elementOf(shape.DType); err != nil {
		return nil, fmt.Errorf("OpenVINO: parameter %s: %w", name, err)
	}
	p := &node{op: compute.OpTypeParameter, shape: shape, args: parameterArgs{name, len(f.parameters)}}
	p.again = func(g compute.Function, _ []compute.Value) (compute.Value, error) {
		return g.Parameter(name, shape, nil)
	}
	f.parameters = append(f.parameters, p)
	return p, nil
}

func (f *function) Constant(flat any, dims ...int) (compute.Value, error) {
	values := reflect.ValueOf(flat)
	if values.Kind() != reflect.Slice {
		return nil, fmt.Errorf("OpenVINO: a constant of type %T: it must be a slice", flat)
	}
	shape := shapes.Make(dtypes.FromGoType(values.Type().Elem()), dims...)
	if _, err := elementOf(shape.DType); err != nil {
		return nil, fmt.Errorf("OpenVINO: a constant: %w", err)
	}
	if shape.Size() != values.Len() {
		return nil, fmt.Errorf("OpenVINO: a constant %s of %d values", shape, values.Len())
	}
	copied := reflect.MakeSlice(values.Type(), values.Len(), values.Len())
	reflect.Copy(copied, values)
	kept := copied.Interface()
	return f.record(node{
		op: compute.OpTypeConstant, args: constantArgs{dtypes.UnsafeByteSliceFromAny(kept)},
		again: func(g compute.Function, _ []compute.Value) (compute.Value, error) { return g.Constant(kept, dims...) },
	}, shape, nil)
}

func (f *function) Return(outputs []compute.Value, _ []*compute.ShardingSpec) error {
	results, err := nodes(outputs...)
	if err != nil {
		return err
	}
	f.results = results
	return nil
}

func (f *function) Identity(x compute.Value) (compute.Value, error) { return x, nil }

// one records an operation of one operand.
func (f *function) one(op compute.OpType, x compute.Value, args any, infer func(shapes.Shape) (shapes.Shape, error), again func(g compute.Function, x compute.Value) (compute.Value, error)) (compute.Value, error) {
	in, err := nodes(x)
	if err != nil {
		return nil, err
	}
	shape, err := infer(in[0].shape)
	return f.record(node{op: op, in: in, args: args, again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return again(g, in[0])
	}}, shape, err)
}

func (f *function) Reshape(x compute.Value, dimensions ...int) (compute.Value, error) {
	return f.one(compute.OpTypeReshape, x, nil,
		func(s shapes.Shape) (shapes.Shape, error) { return shapeinference.Reshape(s, dimensions) },
		func(g compute.Function, x compute.Value) (compute.Value, error) { return g.Reshape(x, dimensions...) })
}

func (f *function) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	return f.one(compute.OpTypeTranspose, x, permuteArgs{slices.Clone(permutation)},
		func(s shapes.Shape) (shapes.Shape, error) { return shapeinference.Transpose(s, permutation) },
		func(g compute.Function, x compute.Value) (compute.Value, error) {
			return g.Transpose(x, permutation...)
		})
}

func (f *function) BroadcastInDim(x compute.Value, shape shapes.Shape, axes []int) (compute.Value, error) {
	return f.one(compute.OpTypeBroadcastInDim, x, broadcastArgs{slices.Clone(axes)},
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
			_, err := elementOf(dtype)
			return s, err
		},
		func(g compute.Function, x compute.Value) (compute.Value, error) { return g.ConvertDType(x, dtype) })
}

func (f *function) Reverse(x compute.Value, axes ...int) (compute.Value, error) {
	return f.one(compute.OpTypeReverse, x, axesArgs{slices.Clone(axes)},
		func(s shapes.Shape) (shapes.Shape, error) { return s, nil },
		func(g compute.Function, x compute.Value) (compute.Value, error) { return g.Reverse(x, axes...) })
}

func (f *function) Slice(x compute.Value, starts, limits, strides []int) (compute.Value, error) {
	return f.one(compute.OpTypeSlice, x, sliceArgs{slices.Clone(starts), slices.Clone(limits), slices.Clone(strides)},
		func(s shapes.Shape) (shapes.Shape, error) { return shapeinference.Slice(s, starts, limits, strides) },
		func(g compute.Function, x compute.Value) (compute.Value, error) {
			return g.Slice(x, starts, limits, strides)
		})
}

func (f *function) Concatenate(axis int, operands ...compute.Value) (compute.Value, error) {
	in, err := nodes(operands...)
	if err != nil {
		return nil, err
	}
	all := make([]shapes.Shape, len(in))
	for i, n := range in {
		all[i] = n.shape
	}
	shape, err := shapeinference.Concatenate(all, axis)
	return f.record(node{op: compute.OpTypeConcatenate, in: in, args: axisArgs{axis}, again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Concatenate(axis, in...)
	}}, shape, err)
}

func (f *function) Iota(shape shapes.Shape, axis int) (compute.Value, error) {
	return f.record(node{op: compute.OpTypeIota, args: axisArgs{axis}, again: func(g compute.Function, _ []compute.Value) (compute.Value, error) {
		return g.Iota(shape, axis)
	}}, shape, nil)
}

func (f *function) Where(condition, onTrue, onFalse compute.Value) (compute.Value, error) {
	in, err := nodes(condition, onTrue, onFalse)
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.Where(in[0].shape, in[1].shape, in[2].shape)
	return f.record(node{op: compute.OpTypeWhere, in: in, again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Where(in[0], in[1], in[2])
	}}, shape, err)
}

// Pad accepts padding at the edges only, not between values.
func (f *function) Pad(x, fill compute.Value, axes ...compute.PadAxis) (compute.Value, error) {
	in, err := nodes(x, fill)
	if err != nil {
		return nil, err
	}
	args := padArgs{make([]int, in[0].shape.Rank()), make([]int, in[0].shape.Rank())}
	for i, a := range axes {
		if a.Interior != 0 {
			return nil, fmt.Errorf("OpenVINO: padding between values: %w", compute.ErrNotImplemented)
		}
		args.before[i], args.after[i] = a.Start, a.End
	}
	shape, err := shapeinference.Pad(in[0].shape, axes...)
	return f.record(node{op: compute.OpTypePad, in: in, args: args, again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.Pad(in[0], in[1], axes...)
	}}, shape, err)
}

func (f *function) DotGeneral(lhs compute.Value, lhsContracting, lhsBatch []int, rhs compute.Value, rhsContracting, rhsBatch []int, config compute.DotGeneralConfig) (compute.Value, error) {
	in, err := nodes(lhs, rhs)
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.DotGeneral(in[0].shape, lhsContracting, lhsBatch, in[1].shape, rhsContracting, rhsBatch, config)
	args := productArgs{slices.Clone(lhsContracting), slices.Clone(lhsBatch), slices.Clone(rhsContracting), slices.Clone(rhsBatch)}
	return f.record(node{op: compute.OpTypeDotGeneral, in: in, args: args, again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return g.DotGeneral(in[0], lhsContracting, lhsBatch, in[1], rhsContracting, rhsBatch, config)
	}}, shape, err)
}

// OptimizationBarrier returns its operands: the library merges operations only where that changes no value.
func (f *function) OptimizationBarrier(operands ...compute.Value) ([]compute.Value, error) {
	return operands, nil
}

// SchedulingBarrier makes the operand depend on the dependencies, so that what is computed from it comes after them.
func (f *function) SchedulingBarrier(operand compute.Value, dependencies ...compute.Value) (compute.Value, error) {
	if len(dependencies) == 0 {
		return operand, nil
	}
	in, err := nodes(append([]compute.Value{operand}, dependencies...)...)
	if err != nil {
		return nil, err
	}
	return f.record(node{op: compute.OpTypeSchedulingBarrier, in: in, again: func(g compute.Function, in []compute.Value) (compute.Value, error) {
		return in[0], nil
	}}, in[0].shape, nil)
}

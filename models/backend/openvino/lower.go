//go:build linux && amd64 && cgo

package openvino

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"padapter/models/backend/recorded"
)

// unary, binary and reductions name the library's operations of the same meaning.
var (
	unary = map[compute.OpType]string{
		compute.OpTypeAbs: "Abs", compute.OpTypeCeil: "Ceiling", compute.OpTypeCos: "Cos", compute.OpTypeErf: "Erf", compute.OpTypeExp: "Exp",
		compute.OpTypeFloor: "Floor", compute.OpTypeLog: "Log", compute.OpTypeLogicalNot: "LogicalNot", compute.OpTypeLogistic: "Sigmoid",
		compute.OpTypeNeg: "Negative", compute.OpTypeRound: "Round", compute.OpTypeSign: "Sign", compute.OpTypeSin: "Sin",
		compute.OpTypeSqrt: "Sqrt", compute.OpTypeTanh: "Tanh",
	}
	binaries = map[compute.OpType]string{
		compute.OpTypeAdd: "Add", compute.OpTypeSub: "Subtract", compute.OpTypeMul: "Multiply", compute.OpTypeDiv: "Divide",
		compute.OpTypeMax: "Maximum", compute.OpTypeMin: "Minimum", compute.OpTypePow: "Power", compute.OpTypeRem: "Mod",
		compute.OpTypeEqual: "Equal", compute.OpTypeNotEqual: "NotEqual", compute.OpTypeGreaterThan: "Greater",
		compute.OpTypeGreaterOrEqual: "GreaterEqual", compute.OpTypeLessThan: "Less", compute.OpTypeLessOrEqual: "LessEqual",
		compute.OpTypeLogicalAnd: "LogicalAnd", compute.OpTypeLogicalOr: "LogicalOr", compute.OpTypeLogicalXor: "LogicalXor",
	}
	reductions = map[compute.OpType]string{
		compute.OpTypeReduceSum: "ReduceSum", compute.OpTypeReduceMax: "ReduceMax",
		compute.OpTypeReduceMin: "ReduceMin", compute.OpTypeReduceProduct: "ReduceProd",
	}
	opsets = map[string]int{"Round": 5, "Broadcast": 3, "Gather": 8, "Slice": 8, "Pad": 12}
)

// lowering writes recorded operations as layers.
type lowering struct {
	*layers
	frozen map[int]*buffer        // parameters that are constants
	given  map[*recorded.Node]int // values that the host computes, by their index
	inputs []input                // of the model so far
	done   map[*recorded.Node]*layer
	small  map[*recorded.Node]*layer // operands of broadcasts, with axes of length 1 where they are repeated
	turned map[*layer]*layer         // second constants, for products that take them transposed
	plain  map[*layer]bool           // constants that a product takes as they are
}

func newLowering(frozen map[int]*buffer) *lowering {
	return &lowering{
		layers: newLayers(), frozen: frozen, given: map[*recorded.Node]int{}, done: map[*recorded.Node]*layer{}, small: map[*recorded.Node]*layer{},
		turned: map[*layer]*layer{}, plain: map[*layer]bool{},
	}
}

// parameter appends an input.
func (w *lowering) parameter(shape shapes.Shape, from input) *layer {
	made := w.op("Parameter", shape)
	from.name = "p" + strconv.Itoa(len(w.inputs))
	made.names = []string{from.name}
	w.inputs = append(w.inputs, from)
	return made
}

// value returns the layer that computes a node, after appending what is missing.
func (w *lowering) value(n *recorded.Node) (*layer, error) {
	if x := w.done[n]; x != nil {
		return x, nil
	}
	if i, ok := w.given[n]; ok {
		w.done[n] = w.parameter(n.Shape, input{index: i, host: true})
		return w.done[n], nil
	}
	x, err := w.lower(n)
	if err != nil {
		return nil, err
	}
	w.done[n] = x
	return x, nil
}

func (w *lowering) operands(list []*recorded.Node) ([]*layer, error) {
	in := make([]*layer, len(list))
	for i, n := range list {
		x, err := w.value(n)
		if err != nil {
			return nil, err
		}
		in[i] = x
	}
	return in, nil
}

func (w *lowering) lower(n *recorded.Node) (*layer, error) {
	switch args := n.Args.(type) {
	case recorded.ParameterArgs:
		if b := w.frozen[args.Index]; b != nil {
			return w.buffer(n.Shape, b.memory), nil
		}
		return w.parameter(n.Shape, input{index: args.Index}), nil
	case recorded.ConstantArgs:
		return w.literal(n.Shape.DType, n.Shape.Dimensions, args.Bytes), nil
	}
	if n.Op == compute.OpTypeIota {
		return w.iota(n), nil
	}
	if n.Op == compute.OpTypeBroadcastInDim {
		return w.broadcast(n)
	}
	if name := binaries[n.Op]; name != "" {
		in, err := w.spread(n.In, n.Shape.Dimensions)
		if err != nil {
			return nil, err
		}
		data := `auto_broadcast="numpy"`
		if name == "Divide" {
			data += ` m_pythondiv="false"`
		}
		return w.add(name, 1, data, n.Shape.DType, n.Shape.Dimensions, in...), nil
	}
	if n.Op == compute.OpTypeWhere {
		in, err := w.spread(n.In, n.Shape.Dimensions)
		if err != nil {
			return nil, err
		}
		return w.add("Select", 1, `auto_broadcast="numpy"`, n.Shape.DType, n.Shape.Dimensions, in...), nil
	}
	in, err := w.operands(n.In)
	if err != nil {
		return nil, err
	}
	x := (*layer)(nil)
	if len(in) > 0 {
		x = in[0]
	}
	if name := unary[n.Op]; name != "" {
		data := ""
		if name == "Round" {
			data = `mode="half_to_even"`
		}
		return w.add(name, max(1, opsets[name]), data, n.Shape.DType, n.Shape.Dimensions, x), nil
	}
	if name := reductions[n.Op]; name != "" {
		return w.add(name, 1, `keep_dims="false"`, n.Shape.DType, n.Shape.Dimensions, x, w.integers(n.Args.(recorded.AxesArgs).Axes...)), nil
	}
	switch n.Op {
	case compute.OpTypeReshape:
		return w.reshape(x, n.Shape.Dimensions...), nil
	case compute.OpTypeTranspose:
		return w.transpose(x, n.Args.(recorded.PermuteArgs).Permutation), nil
	case compute.OpTypeConvertDType:
		return w.convert(x, n.Shape.DType), nil
	case compute.OpTypeConcatenate:
		return w.add("Concat", 1, fmt.Sprintf(`axis="%d"`, n.Args.(recorded.AxisArgs).Axis), n.Shape.DType, n.Shape.Dimensions, in...), nil
	case compute.OpTypeSlice:
		a := n.Args.(recorded.SliceArgs)
		return w.slice(x, a.Starts, a.Limits, a.Strides), nil
	case compute.OpTypeReverse:
		for _, axis := range n.Args.(recorded.AxesArgs).Axes {
			x = w.reverse(x, axis)
		}
		return x, nil
	case compute.OpTypePad:
		a := n.Args.(recorded.PadArgs)
		return w.add("Pad", opsets["Pad"], `pad_mode="constant"`, n.Shape.DType, n.Shape.Dimensions, x, w.integers(a.Before...), w.integers(a.After...), in[1]), nil
	case compute.OpTypeDotGeneral:
		return w.product(n, in[0], in[1]), nil
	case compute.OpTypeRsqrt:
		return w.add("Divide", 1, `auto_broadcast="numpy" m_pythondiv="false"`, n.Shape.DType, n.Shape.Dimensions, w.float(1), w.op("Sqrt", n.Shape, x)), nil
	case compute.OpTypeExpm1:
		return w.op("Subtract", n.Shape, w.op("Exp", n.Shape, x), w.float(1)), nil
	case compute.OpTypeLog1p:
		return w.op("Log", n.Shape, w.op("Add", n.Shape, x, w.float(1))), nil
	case compute.OpTypeSchedulingBarrier:
		return w.barrier(x, in[1:]), nil
	}
	return nil, fmt.Errorf("operation %s is not supported", n.Op)
}

// convert returns x as another type, x itself if it has it.
func (w *lowering) convert(x *layer, dtype dtypes.DType) *layer {
	if x.dtype == dtype {
		return x
	}
	return w.add("Convert", 1, fmt.Sprintf(`destination_type="%s"`, elements[dtype].name), dtype, x.dims, x)
}

// slice appends a slice with positive strides.
func (w *lowering) slice(x *layer, starts, limits, strides []int) *layer {
	dims, axes := make([]int, len(starts)), make([]int, len(starts))
	steps := slices.Clone(strides)
	if len(steps) == 0 {
		steps = slices.Repeat([]int{1}, len(starts))
	}
	for i := range starts {
		dims[i], axes[i] = (limits[i]-starts[i]+steps[i]-1)/steps[i], i
	}
	return w.add("Slice", opsets["Slice"], "", x.dtype, dims, x, w.integers(starts...), w.integers(limits...), w.integers(steps...), w.integers(axes...))
}

// reverse gathers an axis from its end to its beginning.
func (w *lowering) reverse(x *layer, axis int) *layer {
	order := make([]int, x.dims[axis])
	for i := range order {
		order[i] = len(order) - 1 - i
	}
	return w.add("Gather", opsets["Gather"], `batch_dims="0"`, x.dtype, x.dims, x, w.integers(order...), w.integers(axis))
}

// iota appends the constant, of float32: the host computes others.
func (w *lowering) iota(n *recorded.Node) *layer {
	axis, dims := n.Args.(recorded.AxisArgs).Axis, n.Shape.Dimensions
	inner := 1
	for _, d := range dims[axis+1:] {
		inner *= d
	}
	var b []byte
	for i := range n.Shape.Size() {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i/inner%dims[axis])))
	}
	return w.literal(n.Shape.DType, dims, b)
}

// barrier adds a zero to x that is computed from the dependencies. No number is less than itself, which the library
// does not make use of.
func (w *lowering) barrier(x *layer, dependencies []*layer) *layer {
	for _, d := range dependencies {
		if len(d.dims) > 0 {
			zeros, ones := make([]int, len(d.dims)), slices.Repeat([]int{1}, len(d.dims))
			d = w.reshape(w.slice(d, zeros, ones, ones))
		}
		never := w.add("Less", 1, `auto_broadcast="numpy"`, dtypes.Bool, nil, d, d)
		x = w.add("Add", 1, `auto_broadcast="numpy"`, x.dtype, x.dims, x, w.convert(never, x.dtype))
	}
	return x
}

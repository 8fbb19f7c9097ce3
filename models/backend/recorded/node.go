package recorded

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// Node is a recorded operation and its result.
type Node struct {
	Number   int // counts the nodes of a graph in the order of their recording
	Op       compute.OpType
	Shape    shapes.Shape
	In       []*Node
	Args     any  // of operations that have arguments besides their operands: one of the types below
	Elements bool // the operation combines two operands element by element

	// Again builds the operation in another engine's function, from operands of that function.
	Again func(f compute.Function, in []compute.Value) (compute.Value, error)
}

// Arguments of operations.
type (
	// ParameterArgs are those of an input: Index counts the inputs of the graph.
	ParameterArgs struct {
		Name  string
		Index int
	}
	// ConstantArgs hold the values of a constant as they lie in memory.
	ConstantArgs struct{ Bytes []byte }
	// BroadcastArgs say which axis of the result each axis of the operand is.
	BroadcastArgs struct{ Axes []int }
	// PermuteArgs say which axis of the operand each axis of the result is.
	PermuteArgs struct{ Permutation []int }
	// AxesArgs are the axes of a reduction or a reversal.
	AxesArgs struct{ Axes []int }
	// AxisArgs are the axis of a concatenation or of a counter (iota).
	AxisArgs struct{ Axis int }
	// SliceArgs are a slice's bounds by axis. Limits are exclusive; without Strides every stride is 1.
	SliceArgs struct{ Starts, Limits, Strides []int }
	// ProductArgs are the axes of a general product: it sums over the contracting axes, and pairs the batch axes.
	ProductArgs struct {
		LHSContracting, LHSBatch, RHSContracting, RHSBatch []int
		Config                                             compute.DotGeneralConfig
	}
	// PadArgs are the numbers of values before and after those of each axis.
	PadArgs struct{ Before, After []int }
)

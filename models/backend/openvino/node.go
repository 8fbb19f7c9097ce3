//go:build linux && amd64 && cgo

package openvino

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// node is a recorded operation and its result.
type node struct {
	number int // counts the operations of a graph in the order of their recording
	op     compute.OpType
	shape  shapes.Shape
	in     []*node
	args   any // of operations that have arguments besides their operands

	// again builds the operation in another engine's function.
	again func(f compute.Function, in []compute.Value) (compute.Value, error)
}

// Arguments of operations.
type (
	parameterArgs struct {
		name  string
		index int
	}
	constantArgs  struct{ bytes []byte }
	broadcastArgs struct{ axes []int }
	permuteArgs   struct{ permutation []int }
	axesArgs      struct{ axes []int } // of reductions and reversals
	axisArgs      struct{ axis int }   // of concatenations and counters
	sliceArgs     struct{ starts, limits, strides []int }
	productArgs   struct{ lhsContracting, lhsBatch, rhsContracting, rhsBatch []int }
	padArgs       struct{ before, after []int }
)

//go:build linux && amd64 && cgo

package openvino

import (
	"slices"

	"github.com/gomlx/compute"

	"padapter/models/backend/recorded"
)

// compact returns the operand of a broadcast with axes of length 1 where it is repeated.
func (w *lowering) compact(n *recorded.Node) (*layer, error) {
	if x := w.small[n]; x != nil {
		return x, nil
	}
	x, err := w.value(n.In[0])
	if err != nil {
		return nil, err
	}
	dims := make([]int, n.Shape.Rank())
	for i := range dims {
		dims[i] = 1
	}
	for i, axis := range n.Args.(recorded.BroadcastArgs).Axes {
		dims[axis] = n.In[0].Shape.Dimensions[i]
	}
	x = w.reshape(x, dims...)
	w.small[n] = x
	return x, nil
}

// broadcast repeats an operand.
func (w *lowering) broadcast(n *recorded.Node) (*layer, error) {
	x, err := w.compact(n)
	if err != nil || slices.Equal(x.dims, n.Shape.Dimensions) {
		return x, err
	}
	return w.add("Broadcast", opsets["Broadcast"], `mode="numpy"`, n.Shape.DType, n.Shape.Dimensions, x, w.integers(n.Shape.Dimensions...)), nil
}

// spread returns the operands of an elementwise operation. It leaves broadcasts to the operation, which repeats axes of
// length 1 by itself, as long as the result keeps its dimensions.
func (w *lowering) spread(in []*recorded.Node, dims []int) ([]*layer, error) {
	out := make([]*layer, len(in))
	largest := make([]int, len(dims)) // of the operands so far, per axis
	for i := range largest {
		largest[i] = 1
	}
	note := func(x *layer) {
		for i, d := range x.dims {
			axis := len(dims) - len(x.dims) + i
			largest[axis] = max(largest[axis], d)
		}
	}
	repeats := func(n *recorded.Node) bool {
		_, given := w.given[n]
		return n.Op == compute.OpTypeBroadcastInDim && !given
	}
	for i, n := range in {
		if repeats(n) {
			continue
		}
		x, err := w.value(n)
		if err != nil {
			return nil, err
		}
		out[i] = x
		note(x)
	}
	for i, n := range in {
		if out[i] != nil {
			continue
		}
		x, err := w.compact(n)
		if err != nil {
			return nil, err
		}
		out[i] = x
		note(x)
	}
	for i, n := range in {
		if slices.Equal(largest, dims) {
			break
		}
		if repeats(n) {
			x, err := w.value(n)
			if err != nil {
				return nil, err
			}
			out[i] = x
			note(x)
		}
	}
	return out, nil
}

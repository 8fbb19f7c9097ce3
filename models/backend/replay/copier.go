package replay

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// copier makes noted operations again in a lean function.
type copier struct {
	shapes     compute.Builder // the draft's, which knows every value's shape
	to         compute.Function
	toB        compute.Builder
	values     map[compute.Value]compute.Value // draft to lean
	full       map[compute.Value]bool          // of the draft: what some step cannot broadcast by itself
	parameters map[compute.Value]bool          // lean ones
}

func newCopier(lean compute.Builder, f *function, needed map[*operation]bool) *copier {
	c := &copier{
		shapes: f.builder.Builder, to: lean.Main(), toB: lean,
		values: map[compute.Value]compute.Value{}, full: map[compute.Value]bool{}, parameters: map[compute.Value]bool{},
	}
	for _, op := range f.operations {
		if !needed[op] {
			continue
		}
		for i, in := range op.in {
			if !c.spreads(f, op, i) {
				c.full[in] = true
			}
		}
	}
	for _, v := range f.results {
		c.full[v] = true
	}
	return c
}

// spreads reports whether op can broadcast its operand i by itself: it is elementwise, and the other operand has the
// result's shape and is no broadcast.
func (c *copier) spreads(f *function, op *operation, i int) bool {
	if !op.elements {
		return false
	}
	other := op.in[1-i]
	if made := f.made[other]; made == nil || made.broadcast != nil {
		return false
	}
	a, errA := c.shapes.OpShape(other)
	b, errB := c.shapes.OpShape(op.out)
	return errA == nil && errB == nil && slices.Equal(a.Dimensions, b.Dimensions) && a.Rank() > 0
}

// value is the lean value of one of the draft.
func (c *copier) value(v compute.Value) (compute.Value, error) {
	if lean, ok := c.values[v]; ok {
		return lean, nil
	}
	return nil, errors.New("a value is used before it is made")
}

func (c *copier) copy(op *operation) error {
	in := make([]compute.Value, len(op.in))
	for i, v := range op.in {
		lean, err := c.value(v)
		if err != nil {
			return err
		}
		in[i] = lean
	}
	out, err := c.build(op, in)
	if err != nil {
		return err
	}
	c.values[op.out] = out
	c.parameters[out] = op.parameter || c.parameters[out]
	return nil
}

func (c *copier) build(op *operation, in []compute.Value) (compute.Value, error) {
	switch {
	case op.broadcast != nil && !c.full[op.out]:
		return c.shrink(op, in[0])
	case op.move != nil:
		same, err := c.sameAs(op)
		if err != nil || same {
			return in[0], err
		}
	case op.dot != nil:
		return c.product(op, in)
	}
	return op.build(c.to, in)
}

// sameAs reports whether a move leaves its operand as it is.
func (c *copier) sameAs(op *operation) (bool, error) {
	if op.move.permutation != nil {
		for i, axis := range op.move.permutation {
			if i != axis {
				return false, nil
			}
		}
		return true, nil
	}
	before, err := c.shapes.OpShape(op.in[0])
	if err != nil {
		return false, err
	}
	after, err := c.shapes.OpShape(op.out)
	if err != nil {
		return false, err
	}
	return slices.Equal(before.Dimensions, after.Dimensions), nil
}

// shrink is a broadcast that is not carried out: its operand with the result's rank.
func (c *copier) shrink(op *operation, x compute.Value) (compute.Value, error) {
	before, err := c.shapes.OpShape(op.in[0])
	if err != nil {
		return nil, err
	}
	dims := make([]int, op.broadcast.shape.Rank())
	for i := range dims {
		dims[i] = 1
	}
	for i, axis := range op.broadcast.axes {
		dims[axis] = before.Dimensions[i]
	}
	return c.to.Reshape(x, dims...)
}

// distinct gives every result a value of its own, in case dropped moves left several results with one, or with a
// parameter.
func (c *copier) distinct(results []compute.Value) ([]compute.Value, error) {
	out := slices.Clone(results)
	for i, v := range out {
		if !c.parameters[v] && !slices.Contains(out[:i], v) {
			continue
		}
		own, err := c.to.Identity(v)
		if err != nil {
			return nil, fmt.Errorf("result %d: %w", i, err)
		}
		out[i] = own
	}
	return out, nil
}

// shapeOf is a lean value's shape.
func (c *copier) shapeOf(v compute.Value) (shapes.Shape, error) { return c.toB.OpShape(v) }

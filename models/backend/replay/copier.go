package replay

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// copier repeats recorded operations in the pruned function.
type copier struct {
	shapes     compute.Builder // the draft, which knows every value's shape
	to         compute.Function
	toB        compute.Builder
	values     map[compute.Value]compute.Value // draft to pruned
	full       map[compute.Value]bool          // draft values that some operation cannot broadcast by itself
	parameters map[compute.Value]bool          // pruned values that are parameters
}

func newCopier(pruned compute.Builder, f *function, needed map[*operation]bool) *copier {
	c := &copier{
		shapes: f.builder.Builder, to: pruned.Main(), toB: pruned,
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

// spreads reports whether op broadcasts its operand i implicitly: it is elementwise, and the other operand has the
// shape of the result and is not a broadcast itself.
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

// value returns the pruned counterpart of a draft value.
func (c *copier) value(v compute.Value) (compute.Value, error) {
	if pruned, ok := c.values[v]; ok {
		return pruned, nil
	}
	return nil, errors.New("a value is used before it is made")
}

func (c *copier) copy(op *operation) error {
	in := make([]compute.Value, len(op.in))
	for i, v := range op.in {
		pruned, err := c.value(v)
		if err != nil {
			return err
		}
		in[i] = pruned
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

// sameAs reports whether a transposition or reshape leaves its operand unchanged.
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

// shrink replaces a broadcast by a reshape to the rank of the result.
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

// distinct makes every result a separate value, because dropped operations may leave several results with the same
// value or with a parameter.
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

// shapeOf returns the shape of a pruned value.
func (c *copier) shapeOf(v compute.Value) (shapes.Shape, error) { return c.toB.OpShape(v) }

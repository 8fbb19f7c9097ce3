package prune

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"

	"padapter/models/backend/recorded"
)

// repeater repeats live nodes in a function of the engine.
type repeater struct {
	to         compute.Function
	values     map[*recorded.Node]compute.Value
	full       map[*recorded.Node]bool // some operation cannot broadcast the value by itself
	parameters map[compute.Value]bool
}

// repeat builds the live nodes of a graph in the engine's main function and returns its results.
func repeat(g *recorded.Graph, to compute.Function) error {
	live := g.Live()
	r := &repeater{to: to, values: map[*recorded.Node]compute.Value{}, full: map[*recorded.Node]bool{}, parameters: map[compute.Value]bool{}}
	for _, n := range live {
		for i, in := range n.In {
			if !spreads(n, i) {
				r.full[in] = true
			}
		}
	}
	for _, n := range g.Results {
		r.full[n] = true
	}
	for _, n := range live {
		in := r.repeated(n.In)
		out, err := r.build(n, in)
		if err != nil {
			return fmt.Errorf("%s: %w", n.Op, err)
		}
		r.values[n] = out
		if n.Op == compute.OpTypeParameter {
			r.parameters[out] = true
		}
	}
	results, err := r.distinct(r.repeated(g.Results))
	if err != nil {
		return err
	}
	return to.Return(results, nil)
}

func (r *repeater) repeated(nodes []*recorded.Node) []compute.Value {
	values := make([]compute.Value, len(nodes))
	for i, n := range nodes {
		values[i] = r.values[n]
	}
	return values
}

// spreads reports whether n broadcasts its operand i by itself: it is elementwise, and the other operand has the shape of
// the result and is not a broadcast.
func spreads(n *recorded.Node, i int) bool {
	if !n.Elements {
		return false
	}
	other := n.In[1-i]
	return other.Op != compute.OpTypeBroadcastInDim && n.Shape.Rank() > 0 && slices.Equal(other.Shape.Dimensions, n.Shape.Dimensions)
}

func (r *repeater) build(n *recorded.Node, in []compute.Value) (compute.Value, error) {
	switch n.Op {
	case compute.OpTypeBroadcastInDim:
		if !r.full[n] {
			return r.shrink(n, in[0])
		}
	case compute.OpTypeTranspose:
		if slices.IsSorted(n.Args.(recorded.PermuteArgs).Permutation) {
			return in[0], nil
		}
	case compute.OpTypeReshape:
		if slices.Equal(n.In[0].Shape.Dimensions, n.Shape.Dimensions) {
			return in[0], nil
		}
	case compute.OpTypeDotGeneral:
		return r.product(n, in)
	}
	return n.Again(r.to, in)
}

// shrink replaces a broadcast by a reshape to the rank of the result.
func (r *repeater) shrink(n *recorded.Node, x compute.Value) (compute.Value, error) {
	dims := slices.Repeat([]int{1}, n.Shape.Rank())
	for i, axis := range n.Args.(recorded.BroadcastArgs).Axes {
		dims[axis] = n.In[0].Shape.Dimensions[i]
	}
	return r.to.Reshape(x, dims...)
}

// distinct makes every result a separate value, because dropped operations may leave several results with the same
// value or with a parameter.
func (r *repeater) distinct(results []compute.Value) ([]compute.Value, error) {
	out := slices.Clone(results)
	for i, v := range out {
		if !r.parameters[v] && !slices.Contains(out[:i], v) {
			continue
		}
		own, err := r.to.Identity(v)
		if err != nil {
			return nil, fmt.Errorf("result %d: %w", i, err)
		}
		out[i] = own
	}
	return out, nil
}

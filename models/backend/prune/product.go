package prune

import (
	"slices"

	"github.com/gomlx/compute"

	"padapter/models/backend/recorded"
)

// product builds a product as one batched matrix product [batch, M, K]·[batch, K, N], with transpositions and reshapes
// around it where the axes are in another order.
func (r *repeater) product(n *recorded.Node, in []compute.Value) (compute.Value, error) {
	a := n.Args.(recorded.ProductArgs)
	lhs, rhs := n.In[0].Shape.Dimensions, n.In[1].Shape.Dimensions
	if plain(a, len(lhs), len(rhs)) || n.Shape.Rank() == 0 {
		return n.Again(r.to, in)
	}
	rows, err := r.matrix(operand{in[0], lhs, a.LHSBatch, a.LHSContracting}, false)
	if err != nil {
		return nil, err
	}
	columns, err := r.matrix(operand{in[1], rhs, a.RHSBatch, a.RHSContracting}, true)
	if err != nil {
		return nil, err
	}
	var batch []int
	if len(a.LHSBatch) > 0 {
		batch = []int{0}
	}
	k := len(batch)
	y, err := r.to.DotGeneral(rows, []int{k + 1}, batch, columns, []int{k}, batch, a.Config)
	if err != nil {
		return nil, err
	}
	return r.reshape(y, n.Shape.Dimensions)
}

// plain reports whether the engine supports the product directly.
func plain(a recorded.ProductArgs, lhsRank, rhsRank int) bool {
	return slices.Equal(a.LHSBatch, a.RHSBatch) && slices.Equal(a.LHSContracting, []int{lhsRank - 1}) && slices.Equal(a.RHSContracting, []int{rhsRank - 2})
}

// operand is one side of a product.
type operand struct {
	value              compute.Value
	dims               []int
	batch, contracting []int
}

// free returns the axes that are neither batch nor contracting axes, in order.
func (o operand) free() []int {
	var free []int
	for axis := range o.dims {
		if !slices.Contains(o.batch, axis) && !slices.Contains(o.contracting, axis) {
			free = append(free, axis)
		}
	}
	return free
}

func (o operand) size(axes []int) int {
	n := 1
	for _, axis := range axes {
		n *= o.dims[axis]
	}
	return n
}

// matrix arranges the operand as [batch, free, contracting], or as [batch, contracting, free] if contractingFirst, with
// each group merged into one axis. Without batch axes the first axis is omitted. If only the last two groups are
// swapped, it reshapes first and then transposes two axes, which engines fuse into the product.
func (r *repeater) matrix(o operand, contractingFirst bool) (compute.Value, error) {
	first, second := o.free(), o.contracting
	if contractingFirst {
		first, second = second, first
	}
	var lead []int
	if len(o.batch) > 0 {
		lead = []int{o.size(o.batch)}
	}
	wanted := slices.Concat(o.batch, first, second)
	swapped := slices.Concat(o.batch, second, first)
	shape := append(slices.Clone(lead), o.size(first), o.size(second))
	switch {
	case slices.IsSorted(wanted):
		return r.reshape(o.value, shape)
	case slices.IsSorted(swapped):
		x, err := r.reshape(o.value, append(slices.Clone(lead), o.size(second), o.size(first)))
		if err != nil {
			return nil, err
		}
		if len(lead) == 0 {
			return r.to.Transpose(x, 1, 0)
		}
		return r.to.Transpose(x, 0, 2, 1)
	}
	x, err := r.to.Transpose(o.value, wanted...)
	if err != nil {
		return nil, err
	}
	return r.reshape(x, shape)
}

// reshape returns x itself if it has the wanted shape already.
func (r *repeater) reshape(x compute.Value, dims []int) (compute.Value, error) {
	shape, err := r.to.Shape(x)
	if err != nil {
		return nil, err
	}
	if slices.Equal(shape.Dimensions, dims) {
		return x, nil
	}
	return r.to.Reshape(x, dims...)
}

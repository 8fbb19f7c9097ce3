package replay

import (
	"slices"

	"github.com/gomlx/compute"
)

// dot holds the axes of a general product: sums over the contracting axes, element by element over the batch axes.
type dot struct {
	lhsContracting, lhsBatch []int
	rhsContracting, rhsBatch []int
	config                   compute.DotGeneralConfig
}

func (d *dot) ask(f compute.Function, in []compute.Value) (compute.Value, error) {
	return f.DotGeneral(in[0], d.lhsContracting, d.lhsBatch, in[1], d.rhsContracting, d.rhsBatch, d.config)
}

// product builds a product as one batched matrix product [batch, M, K]·[batch, K, N], with transpositions and reshapes
// around it where the axes are in another order.
func (c *copier) product(op *operation, in []compute.Value) (compute.Value, error) {
	d := op.dot
	lhs, err := c.shapeOf(in[0])
	if err != nil {
		return nil, err
	}
	rhs, err := c.shapeOf(in[1])
	if err != nil {
		return nil, err
	}
	result, err := c.shapes.OpShape(op.out)
	if err != nil {
		return nil, err
	}
	if d.plain(lhs.Rank(), rhs.Rank()) || result.Rank() == 0 {
		return op.build(c.to, in)
	}
	left := operand{value: in[0], dims: lhs.Dimensions, batch: d.lhsBatch, contracting: d.lhsContracting}
	right := operand{value: in[1], dims: rhs.Dimensions, batch: d.rhsBatch, contracting: d.rhsContracting}
	rows, err := left.matrix(c, false)
	if err != nil {
		return nil, err
	}
	columns, err := right.matrix(c, true)
	if err != nil {
		return nil, err
	}
	axes := []int{0}
	if len(d.lhsBatch) == 0 {
		axes = nil
	}
	n := len(axes)
	y, err := c.to.DotGeneral(rows, []int{n + 1}, axes, columns, []int{n}, axes, d.config)
	if err != nil {
		return nil, err
	}
	return c.reshape(y, result.Dimensions)
}

// plain reports whether the engine supports the product directly.
func (d *dot) plain(lhsRank, rhsRank int) bool {
	return slices.Equal(d.lhsBatch, d.rhsBatch) && len(d.lhsContracting) == 1 && d.lhsContracting[0] == lhsRank-1 &&
		len(d.rhsContracting) == 1 && d.rhsContracting[0] == rhsRank-2
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
func (o operand) matrix(c *copier, contractingFirst bool) (compute.Value, error) {
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
		return c.reshape(o.value, shape)
	case slices.IsSorted(swapped):
		x, err := c.reshape(o.value, append(slices.Clone(lead), o.size(second), o.size(first)))
		if err != nil {
			return nil, err
		}
		if len(lead) == 0 {
			return c.to.Transpose(x, 1, 0)
		}
		return c.to.Transpose(x, 0, 2, 1)
	}
	x, err := c.to.Transpose(o.value, wanted...)
	if err != nil {
		return nil, err
	}
	return c.reshape(x, shape)
}

// reshape returns x itself if it has the wanted shape already.
func (c *copier) reshape(x compute.Value, dims []int) (compute.Value, error) {
	shape, err := c.shapeOf(x)
	if err != nil {
		return nil, err
	}
	if slices.Equal(shape.Dimensions, dims) {
		return x, nil
	}
	return c.to.Reshape(x, dims...)
}

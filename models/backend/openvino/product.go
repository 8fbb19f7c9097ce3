//go:build linux && amd64 && cgo

package openvino

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"

	"padapter/models/backend/recorded"
)

// side is an operand of a product whose axes are grouped.
type side struct {
	x                        *layer
	batch, free, contracting []int // axes
}

func sideOf(x *layer, contracting, batch []int) side {
	s := side{x: x, batch: batch, contracting: contracting}
	for axis := range x.dims {
		if !slices.Contains(batch, axis) && !slices.Contains(contracting, axis) {
			s.free = append(s.free, axis)
		}
	}
	return s
}

func (s side) dims(axes []int) []int {
	list := make([]int, len(axes))
	for i, axis := range axes {
		list[i] = s.x.dims[axis]
	}
	return list
}

func ascending(groups ...[]int) bool {
	next := 0
	for _, axis := range slices.Concat(groups...) {
		if axis != next {
			return false
		}
		next++
	}
	return true
}

func total(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// matrix returns the operand as [batch…, free, contracting], or with the last two axes the other way round when they lie
// so in memory; swapped says which.
func (w *lowering) matrix(s side) (x *layer, swapped bool) {
	x = s.x
	switch {
	case ascending(s.batch, s.free, s.contracting):
	case ascending(s.batch, s.contracting, s.free):
		swapped = true
	default:
		x = w.transpose(x, slices.Concat(s.batch, s.free, s.contracting))
	}
	last := []int{total(s.dims(s.free)), total(s.dims(s.contracting))}
	if swapped {
		slices.Reverse(last)
	}
	return w.reshape(x, append(s.dims(s.batch), last...)...), swapped
}

// product appends a general product as one matrix product over the last two axes.
func (w *lowering) product(n *recorded.Node, lhs, rhs *layer) *layer {
	a := n.Args.(recorded.ProductArgs)
	if wide := n.Shape.DType; wide == dtypes.Float32 { // a wider result than its operands
		lhs, rhs = w.convert(lhs, wide), w.convert(rhs, wide)
	}
	left, right := sideOf(lhs, a.LHSContracting, a.LHSBatch), sideOf(rhs, a.RHSContracting, a.RHSBatch)
	var rows *layer
	swappedRows := false
	if len(a.LHSBatch) == 0 && len(left.free) > 1 && len(left.contracting) == 1 && ascending(left.free, left.contracting) && len(right.free) == 1 {
		rows = lhs // rows of many axes: the library takes them as they are
	} else {
		rows, swappedRows = w.matrix(left)
	}
	columns, swappedColumns := w.matrix(right)
	turned := !swappedColumns // [free, contracting] is what the library calls transposed
	rows, columns = w.ordered(rows, swappedRows), w.ordered(columns, turned)
	dims := append(slices.Clone(rows.dims[:len(rows.dims)-2]), rowsOf(rows, swappedRows), total(right.dims(right.free)))
	x := w.add("MatMul", 1, fmt.Sprintf(`transpose_a="%t" transpose_b="%t"`, swappedRows, turned), lhs.dtype, dims, rows, columns)
	return w.convert(w.reshape(x, n.Shape.Dimensions...), n.Shape.DType)
}

func rowsOf(rows *layer, swapped bool) int {
	if swapped {
		return rows.dims[len(rows.dims)-1]
	}
	return rows.dims[len(rows.dims)-2]
}

// ordered returns an operand of a product, and a second constant for a constant that products take both as it is and
// transposed. The library (2026.4.1, float32) keeps packed weights by the address of their values and their packed form;
// those of a square matrix and of its transpose have the same form, so that one of the two products would get the
// other's weights.
func (w *lowering) ordered(x *layer, turned bool) *layer {
	root := x
	for root.kind == "Reshape" || root.kind == "Convert" {
		root = root.in[0]
	}
	if root.kind != "Const" {
		return x
	}
	if !turned {
		w.plain[root] = true
		return x
	}
	second := w.turned[root]
	if second == nil {
		second = w.add("Const", 1, "", root.dtype, root.dims)
		second.copied, second.size = root, root.size
		w.turned[root] = second
	}
	return w.reshape(w.convert(second, x.dtype), x.dims...)
}

// settle lets second constants share the memory of the first where no product takes the first as it is, or always.
func (w *lowering) settle(always bool) {
	for first, second := range w.turned {
		if always || !w.plain[first] {
			second.shared, second.offset, second.copied = first.shared, first.offset, nil
		}
	}
}

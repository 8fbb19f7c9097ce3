package pipeline

import (
	"cmp"
	"slices"

	"padapter/decode"
)

// selection is a plan whose frames the sampler may have wanted in another order than a decoder delivers them.
type selection struct {
	plan  decode.Plan
	order []int // frame i of the clip is frame order[i] of the plan; nil when the orders agree
}

// sorted sorts a plan's frames for the decoder.
func sorted(plan decode.Plan) selection {
	if slices.IsSorted(plan.Indices) {
		return selection{plan: plan}
	}
	at := make([]int, len(plan.Indices))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(plan.Indices[a], plan.Indices[b]) })
	sorted, order := make([]int, len(at)), make([]int, len(at))
	for rank, i := range at {
		sorted[rank], order[i] = plan.Indices[i], rank
	}
	plan.Indices = sorted
	return selection{plan: plan, order: order}
}

// restore puts the decoded frames, and whatever swap exchanges with them, into the clip's order.
func (c selection) restore(pixels []byte, swap func(i, j int)) {
	if c.order == nil {
		return
	}
	size := c.plan.Width * c.plan.Height * 3
	held := make([]byte, size)
	where := slices.Clone(c.order) // of what belongs at i
	for i := range where {
		j := where[i]
		for j < i { // what was there has been moved on
			j = where[j]
		}
		if j == i {
			continue
		}
		a, b := pixels[i*size:(i+1)*size], pixels[j*size:(j+1)*size]
		copy(held, a)
		copy(a, b)
		copy(b, held)
		swap(i, j)
	}
}

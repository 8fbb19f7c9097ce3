package metrics

import (
	"math"
	"slices"
)

// TopK returns the indices of the k highest scores, best first. Equal scores are ordered by index. NaN is lower than
// every number. If k exceeds the number of scores, all are returned.
func TopK(scores []float32, k int) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		sa, sb := scores[a], scores[b]
		switch {
		case math.IsNaN(float64(sa)) && math.IsNaN(float64(sb)):
			return 0
		case math.IsNaN(float64(sa)):
			return 1
		case math.IsNaN(float64(sb)):
			return -1
		case sa > sb:
			return -1
		case sa < sb:
			return 1
		}
		return 0
	})
	return order[:max(0, min(k, len(order)))]
}

// rank returns the number of scores that precede scores[label] in the order of TopK.
func rank(scores []float32, label int) int {
	own := scores[label]
	if math.IsNaN(float64(own)) {
		return len(scores)
	}
	before := 0
	for i, s := range scores {
		if s > own || (s == own && i < label) {
			before++
		}
	}
	return before
}

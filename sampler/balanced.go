package sampler

import "slices"

// Balanced returns how often each row is used in a pass that shows every class equally often and is as long as one that
// uses every row once. labels are the rows' classes; a row with a negative label has no class and is used once. If the
// rows do not divide evenly, d decides which classes get one more, and which rows of a class do. A row of a class of m
// rows, of which n are due, is used n/m times, rounded down or up.
func Balanced(labels []int32, d Draws) []int32 {
	counts := make([]int32, len(labels))
	classes := map[int32][]int{}
	labelled := 0
	for row, label := range labels {
		if label < 0 {
			counts[row] = 1
			continue
		}
		classes[label] = append(classes[label], row)
		labelled++
	}
	if labelled == 0 {
		return counts
	}
	names := make([]int32, 0, len(classes))
	for label := range classes {
		names = append(names, label)
	}
	slices.Sort(names)
	for i, at := range Permutation(len(names), d) {
		rows := classes[names[at]]
		due := labelled / len(names)
		if i < labelled%len(names) {
			due++
		}
		for _, row := range rows {
			counts[row] = int32(due / len(rows))
		}
		for _, i := range Permutation(len(rows), d)[:due%len(rows)] {
			counts[rows[i]]++
		}
	}
	return counts
}

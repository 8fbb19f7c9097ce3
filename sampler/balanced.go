package sampler

import "slices"

// Balanced says how often each row is taken in a pass that shows every class equally often and is as long as one that
// takes every row once. labels are the rows' classes; negative ones stand for rows without a class, which are taken
// once. Where the rows do not divide evenly, d decides which classes get one more, and which rows of a class do; so a
// row of a class of m rows, of which n are due, is taken n/m times or once more.
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
	for turn, at := range Permutation(len(names), d) {
		rows := classes[names[at]]
		due := labelled / len(names)
		if turn < labelled%len(names) {
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

package segment

import "slices"

// meet lets what ends before a gap of no more than longest seconds, in which nothing is on, and what begins after it
// meet in its middle. A gap with the same class on both sides stays: it is too long for JoinGap. Segments are
// sorted by start.
func meet(segments []Segment, longest float64) {
	var last []int // those that end last so far
	for i := range segments {
		if len(last) > 0 {
			if end, start := segments[last[0]].End, segments[i].Start; end < start && start-end <= longest {
				next := []int{i}
				for k := i + 1; k < len(segments) && segments[k].Start == start; k++ {
					next = append(next, k)
				}
				joinInMiddle(segments, last, next, end+(start-end)/2)
			}
		}
		switch {
		case len(last) == 0 || segments[i].End > segments[last[0]].End:
			last = append(last[:0], i)
		case segments[i].End == segments[last[0]].End:
			last = append(last, i)
		}
	}
}

// joinInMiddle moves the ends of some segments and the starts of others to one time, unless they share a class.
func joinInMiddle(segments []Segment, before, after []int, middle float64) {
	for _, i := range before {
		if slices.ContainsFunc(after, func(k int) bool { return segments[k].Label == segments[i].Label }) {
			return
		}
	}
	for _, i := range before {
		segments[i].End = middle
	}
	for _, k := range after {
		segments[k].Start = middle
	}
}

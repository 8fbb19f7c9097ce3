package segment

import "slices"

// closeGaps closes gaps of at most longest seconds in which no class is on: the segments before and after the gap are
// extended to its middle. Gaps between two segments of the same class stay: they are too long for joining. segments are
// sorted by start.
func closeGaps(segments []Segment, longest float64) {
	var last []int // indices of the segments with the latest end so far
	for i := range segments {
		if len(last) > 0 {
			if end, start := segments[last[0]].EndSeconds, segments[i].StartSeconds; end < start && start-end <= longest {
				next := []int{i}
				for k := i + 1; k < len(segments) && segments[k].StartSeconds == start; k++ {
					next = append(next, k)
				}
				joinInMiddle(segments, last, next, end+(start-end)/2)
			}
		}
		switch {
		case len(last) == 0 || segments[i].EndSeconds > segments[last[0]].EndSeconds:
			last = append(last[:0], i)
		case segments[i].EndSeconds == segments[last[0]].EndSeconds:
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
		segments[i].EndSeconds = middle
	}
	for _, k := range after {
		segments[k].StartSeconds = middle
	}
}

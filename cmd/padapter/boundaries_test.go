package main

import (
	"fmt"
	"math"
	"testing"

	"padapter/models/segment"
)

// timedAction is what a video shows from start to end, in seconds.
type timedAction struct {
	name       string
	start, end float64
}

// boundaries is how segments compare with the actions that a video shows.
type boundaries struct {
	actions int
	found   int     // a segment of the action's class covers half of it
	both    int     // found, start and end no more than a hop off
	ends    int     // single starts and ends of found actions, no more than a hop off
	spare   int     // segments that are no action's
	worst   float64 // seconds that an end of a found action is off
}

func (b boundaries) String() string {
	return fmt.Sprintf("%d actions, %d found, %d with both ends within one hop; %d of %d ends within one hop, the worst of those found %.2f s off; %d segments too many",
		b.actions, b.found, b.both, b.ends, 2*b.actions, b.worst, b.spare)
}

// compareBoundaries gives each action the segment of its class that covers most of it. A segment is one action's.
func compareBoundaries(truth []timedAction, segments []segment.Row, hop float64) boundaries {
	const rounding = 1e-9
	b, taken := boundaries{actions: len(truth)}, make([]bool, len(segments))
	for _, a := range truth {
		best, most := -1, (a.end-a.start)/2
		for i, s := range segments {
			if covered := min(a.end, s.EndSeconds) - max(a.start, s.StartSeconds); s.Name == a.name && !taken[i] && covered >= most {
				best, most = i, covered
			}
		}
		if best < 0 {
			continue
		}
		taken[best] = true
		b.found++
		near := 0
		for _, off := range []float64{segments[best].StartSeconds - a.start, segments[best].EndSeconds - a.end} {
			b.worst = max(b.worst, math.Abs(off))
			if math.Abs(off) <= hop+rounding {
				near++
			}
		}
		b.ends += near
		if near == 2 {
			b.both++
		}
	}
	for i := range segments {
		if !taken[i] {
			b.spare++
		}
	}
	return b
}

func TestBoundariesAreCompared(t *testing.T) {
	truth := []timedAction{{"grow", 0, 10}, {"shrink", 10, 18.5}, {"grow", 18.5, 30}, {"move_up", 30, 40}}
	row := func(name string, start, end float64) segment.Row {
		return segment.Row{Name: name, StartSeconds: start, EndSeconds: end}
	}
	for _, c := range []struct {
		name     string
		segments []segment.Row
		want     boundaries
	}{
		{"none", nil, boundaries{actions: 4}},
		{"all right", []segment.Row{row("grow", 0, 11), row("shrink", 9, 18.5), row("grow", 18, 30), row("move_up", 31, 40)},
			boundaries{actions: 4, found: 4, both: 4, ends: 8, worst: 1}},
		{"one end off", []segment.Row{row("grow", 0, 10), row("shrink", 10, 20), row("grow", 20, 30), row("move_up", 30, 40)},
			boundaries{actions: 4, found: 4, both: 2, ends: 6, worst: 1.5}},
		{"another class", []segment.Row{row("grow", 0, 10), row("grow", 10, 18.5), row("grow", 18.5, 30), row("move_down", 30, 40)},
			boundaries{actions: 4, found: 2, both: 2, ends: 4, spare: 2}},
		{"in pieces", []segment.Row{row("grow", 0, 4), row("grow", 4, 10), row("shrink", 10, 18.5), row("grow", 18.5, 24), row("grow", 25, 30), row("move_up", 30, 40)},
			boundaries{actions: 4, found: 3, both: 2, ends: 5, worst: 4, spare: 3}},
		{"one over two actions", []segment.Row{row("grow", 0, 30), row("move_up", 30, 40)},
			boundaries{actions: 4, found: 2, both: 1, ends: 3, worst: 20}},
	} {
		if got := compareBoundaries(truth, c.segments, 1); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

package temporal

import (
	"slices"
	"testing"

	"padapter/pipeline"
)

// unpacked takes every unit out of spans, one by one.
func unpacked(spans []span) (units []pipeline.Unit) {
	for {
		u, rest, ok := next(spans)
		if !ok {
			return units
		}
		units, spans = append(units, u), rest
	}
}

func TestSpansGiveBackTheUnits(t *testing.T) {
	var even, part, ragged []pipeline.Unit
	for i := range 1000 {
		even = append(even, pipeline.Unit{Number: i, First: 10 * i, Count: 10})
		part = append(part, pipeline.Unit{Number: 3 + 16*i, First: 10 * (3 + 16*i), Count: 10})
		ragged = append(ragged, pipeline.Unit{Number: i, First: i * i, Count: 1 + i%3})
	}
	for _, c := range []struct {
		name  string
		units []pipeline.Unit
		most  int // spans
	}{
		{"none", nil, 0},
		{"one", even[:1], 1},
		{"all", even, 1},
		{"a shorter one at the end", append(slices.Clone(even), pipeline.Unit{Number: 1000, First: 10000, Count: 7}), 2},
		{"every sixteenth", part, 1},
		{"no order", ragged, 1000},
		{"backwards", []pipeline.Unit{even[9], even[8], even[7], even[2]}, 2},
		{"a gap", append(slices.Clone(even[:5]), even[7:]...), 2},
	} {
		spans := spansOf(c.units)
		if got := unpacked(spans); !slices.Equal(got, c.units) || len(spans) > c.most {
			t.Errorf("%s: %d spans of %d units, want at most %d of %d, and the same units", c.name, len(spans), len(got), c.most, len(c.units))
		}
	}
}

func TestNextLeavesItsInput(t *testing.T) {
	spans := spansOf([]pipeline.Unit{{Number: 0, Count: 2}, {Number: 1, First: 2, Count: 2}, {Number: 2, First: 4, Count: 1}})
	_, rest, _ := next(spans)
	next(rest)
	if got := unpacked(spans); len(got) != 3 {
		t.Errorf("%d units are left of 3: %v", len(got), got)
	}
}

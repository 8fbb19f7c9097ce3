package temporal

import "padapter/pipeline"

// span is a run of units of equal size and distance, so that a workflow's input stays small however many units there are.
type span struct {
	First      pipeline.Unit `json:"first"`
	Units      int           `json:"units"`
	NumberStep int           `json:"number_step,omitempty"`
	RecordStep int           `json:"record_step,omitempty"`
}

// spansOf packs a list of units.
func spansOf(units []pipeline.Unit) []span {
	var spans []span
	for _, u := range units {
		if len(spans) == 0 || !spans[len(spans)-1].take(u) {
			spans = append(spans, span{First: u, Units: 1})
		}
	}
	return spans
}

// take adds a unit if it goes on as the span does.
func (s *span) take(u pipeline.Unit) bool {
	if s.Units == 1 {
		s.NumberStep, s.RecordStep = u.Number-s.First.Number, u.First-s.First.First
	}
	if s.at(s.Units) != u {
		if s.Units == 1 {
			s.NumberStep, s.RecordStep = 0, 0
		}
		return false
	}
	s.Units++
	return true
}

func (s span) at(i int) pipeline.Unit {
	return pipeline.Unit{Number: s.First.Number + i*s.NumberStep, First: s.First.First + i*s.RecordStep, Count: s.First.Count}
}

// next splits off the first unit; ok is false when there is none.
func next(spans []span) (u pipeline.Unit, rest []span, ok bool) {
	if len(spans) == 0 {
		return u, nil, false
	}
	s := spans[0]
	u = s.at(0)
	if s.Units == 1 {
		return u, spans[1:], true
	}
	s.First, s.Units = s.at(1), s.Units-1
	return u, append([]span{s}, spans[1:]...), true
}

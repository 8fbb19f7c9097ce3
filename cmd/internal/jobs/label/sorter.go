package label

import (
	"encoding/json"
	"fmt"

	"padapter/models/label"
	"padapter/models/segment"
)

// sorter puts the rows of a unit, which come in the inputs' order, to their inputs.
type sorter struct {
	part     *label.Part
	list     []label.Input
	whole    bool // all rows are the first input's, a shard
	segments *segmenter
	at       int
	any      bool // a row has come
}

func (j *job) newSorter(part *label.Part, list []label.Input) (s *sorter, err error) {
	s = &sorter{part: part, list: list, whole: j.inputs.Shards != nil}
	if j.spec.Segments != nil {
		s.segments, err = newSegmenter(*j.spec.Segments, j.networks.targets[0].Provenance.Classes)
	}
	return s, err
}

func (s *sorter) add(rows []label.Scored) error {
	for id := rows[0].Row.ID; !s.whole && s.list[s.at].ID != id; s.at++ {
		if err := s.end(); err != nil {
			return err
		}
		if s.at+1 == len(s.list) {
			return fmt.Errorf("a row is of %q, which is not the unit's", id)
		}
	}
	s.any = true
	if s.segments != nil {
		if err := s.segments.add(rows[0]); err != nil {
			return err
		}
	}
	return s.part.Add(s.at, rows)
}

// end is to be called after the last row of an input.
func (s *sorter) end() error {
	if s.segments == nil || !s.any {
		return nil
	}
	s.any = false
	return s.part.Extra(s.at, s.segments.finish())
}

// segmentsOf reads back what end kept.
func segmentsOf(extra json.RawMessage) (rows []segment.Row, err error) {
	if len(extra) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(extra, &rows); err != nil {
		return nil, fmt.Errorf("read segments: %w", err)
	}
	return rows, nil
}

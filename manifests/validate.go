package manifests

import (
	"errors"
	"fmt"
)

// maxMistakes bounds how many mistakes Validate lists.
const maxMistakes = 20

// Validate checks what every later stage relies on: unique non-empty ids, known kinds and states, labels within the
// classes and in agreement with their names, times in order. It lists the first mistakes, each with its row (from 0).
func (m *Manifest) Validate() error {
	var errs []error
	more := 0
	bad := func(row int, format string, args ...any) {
		if len(errs) == maxMistakes {
			more++
			return
		}
		errs = append(errs, fmt.Errorf("row %d: %w", row, fmt.Errorf(format, args...)))
	}
	seen := make(map[string]int, len(m.Records))
	for i := range m.Records {
		r := &m.Records[i]
		if r.ID == "" {
			bad(i, "the id is empty")
		} else if first, twice := seen[r.ID]; twice {
			bad(i, "id %q stands in row %d already", r.ID, first)
		}
		seen[r.ID] = i
		if err := m.check(r); err != nil {
			bad(i, "record %q: %w", r.ID, err)
		}
	}
	if more > 0 {
		errs = append(errs, fmt.Errorf("and %d more", more))
	}
	return errors.Join(errs...)
}

func (m *Manifest) check(r *Record) error {
	switch {
	case r.Kind != Video && r.Kind != Image:
		return fmt.Errorf("kind %q: use %q or %q", r.Kind, Video, Image)
	case r.Status != Found && r.Status != Missing && r.Status != Rejected:
		return fmt.Errorf("status %q: use %q, %q or %q", r.Status, Found, Missing, Rejected)
	case r.Status == Found && r.URI == "":
		return errors.New("it is found, but its uri is empty")
	case r.Status != Found && r.Reason == "":
		return fmt.Errorf("it is %s without a reason", r.Status)
	case r.Label < NoLabel:
		return fmt.Errorf("label %d: use a class number from 0, or %d for none", r.Label, NoLabel)
	case r.Label == NoLabel && r.LabelName != "":
		return fmt.Errorf("label name %q without a label", r.LabelName)
	case len(m.Classes) > 0 && int(r.Label) >= len(m.Classes):
		return fmt.Errorf("label %d: there are %d classes, from 0", r.Label, len(m.Classes))
	case len(m.Classes) > 0 && r.Label >= 0 && r.LabelName != m.Classes[r.Label]:
		return fmt.Errorf("label name %q: class %d is %q", r.LabelName, r.Label, m.Classes[r.Label])
	case !(r.Start >= 0) || !(r.End >= 0) || (r.End > 0 && r.End <= r.Start):
		return fmt.Errorf("times %g to %g seconds: the start must be at least 0 and the end after it (0 for the file's end)", r.Start, r.End)
	}
	return nil
}

// Split returns a manifest with the records of one split, in order. An empty name keeps all.
func (m *Manifest) Split(name string) *Manifest {
	part := *m
	if name == "" {
		return &part
	}
	part.Records = nil
	for _, r := range m.Records {
		if r.Split == name {
			part.Records = append(part.Records, r)
		}
	}
	return &part
}

// Counts is how many records are in each state.
func (m *Manifest) Counts() map[Status]int {
	counts := map[Status]int{}
	for i := range m.Records {
		counts[m.Records[i].Status]++
	}
	return counts
}

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
	v := &validator{head: m, ids: newIDTable(len(m.Records), func(row int) string { return m.Records[row].ID })}
	v.check(m.Records)
	return v.err()
}

// validator checks records that come part by part.
type validator struct {
	head *Manifest // its classes count
	ids  *idTable
	kept []string // ids of the rows so far, where the records do not stay
	text *texts   // of kept
	rows int
	errs []error
	more int
}

// newValidator returns one for records that do not stay.
func newValidator(head *Manifest) *validator {
	v := &validator{head: head, text: newTexts()}
	v.ids = newIDTable(0, func(row int) string { return v.kept[row] })
	return v
}

// add checks the next records, which may be used again afterwards.
func (v *validator) add(records []Record) {
	for i := range records {
		v.kept = append(v.kept, v.text.keep(records[i].ID, false))
	}
	v.check(records)
}

func (v *validator) check(records []Record) {
	for i := range records {
		r := &records[i]
		if first, twice := v.ids.add(r.ID); r.ID == "" {
			v.bad(i, errors.New("the id is empty"))
		} else if twice {
			v.bad(i, fmt.Errorf("id %q stands in row %d already", r.ID, first))
		}
		if err := v.head.check(r); err != nil {
			v.bad(i, fmt.Errorf("record %q: %w", r.ID, err))
		}
	}
	v.rows += len(records)
}

// bad notes a mistake in a row of the records that are being checked.
func (v *validator) bad(i int, mistake error) {
	if len(v.errs) == maxMistakes {
		v.more++
		return
	}
	v.errs = append(v.errs, fmt.Errorf("row %d: %w", v.rows+i, mistake))
}

// err is the mistakes, nil when there are none.
func (v *validator) err() error {
	if v.more > 0 {
		return errors.Join(append(v.errs, fmt.Errorf("and %d more", v.more))...)
	}
	return errors.Join(v.errs...)
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

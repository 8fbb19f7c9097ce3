package manifests

import (
	"errors"
	"fmt"
)

// maxMistakes limits the number of errors that Validate lists.
const maxMistakes = 20

// Validate checks the rules that all consumers rely on: ids are unique and not empty, kinds and states are known,
// labels are within the classes and agree with their names, and times are in order. The error lists the first
// violations with their rows, counted from 0.
func (m *Manifest) Validate() error {
	v := &validator{head: m, ids: newIDTable(len(m.Records), func(row int) string { return m.Records[row].ID })}
	v.check(m.Records)
	return v.err()
}

// validator validates records that arrive in parts.
type validator struct {
	head *Manifest // for its classes
	ids  *idTable
	kept []string // ids of the rows so far, if records are not retained
	text *texts   // storage of kept
	rows int
	errs []error
	more int
}

// newValidator returns a validator for records that are not retained.
func newValidator(head *Manifest) *validator {
	v := &validator{head: head, text: newTexts()}
	v.ids = newIDTable(0, func(row int) string { return v.kept[row] })
	return v
}

// add validates the next records, which may be reused afterwards.
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
			v.bad(i, fmt.Errorf("id %q is already in row %d", r.ID, first))
		}
		if err := v.head.check(r); err != nil {
			v.bad(i, fmt.Errorf("record %q: %w", r.ID, err))
		}
	}
	v.rows += len(records)
}

// bad records an error in row i of the current records.
func (v *validator) bad(i int, mistake error) {
	if len(v.errs) == maxMistakes {
		v.more++
		return
	}
	v.errs = append(v.errs, fmt.Errorf("row %d: %w", v.rows+i, mistake))
}

// err returns all errors, or nil.
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
	case !(r.StartSeconds >= 0) || !(r.EndSeconds >= 0) || (r.EndSeconds > 0 && r.EndSeconds <= r.StartSeconds):
		return fmt.Errorf("times %g to %g seconds: the start must be at least 0 and the end after it (0 for the file's end)", r.StartSeconds, r.EndSeconds)
	}
	return nil
}

// Split returns a manifest with the records of one split, in order; an empty name selects all.
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

// Counts returns the number of records by status.
func (m *Manifest) Counts() map[Status]int {
	counts := map[Status]int{}
	for i := range m.Records {
		counts[m.Records[i].Status]++
	}
	return counts
}

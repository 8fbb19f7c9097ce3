package ingest

import (
	"fmt"
	"strings"

	"padapter/manifests"
)

// once keeps ids unique: an annotation that repeats an id is rejected under an id of its own.
type once struct {
	parts []string         // the annotation's parts, such as "train.json record"
	at    map[string]place // where ids were first seen
}

// place is where in an annotation something stands.
type place struct{ part, number int32 }

func newOnce() *once { return &once{at: map[string]place{}} }

// part starts a part of the annotation and returns the function that takes its records with their numbers, or lines.
func (o *once) part(name string) func(r *manifests.Record, number int) {
	o.parts = append(o.parts, name)
	part := int32(len(o.parts) - 1)
	return func(r *manifests.Record, number int) {
		here := place{part, int32(number)}
		r.ID = strings.ToValidUTF8(r.ID, "\ufffd")
		if r.ID == "" {
			r.ID = "(" + o.name(here) + ")"
			r.Status, r.Reason = manifests.Rejected, o.name(here)+" has no id"
		} else if first, twice := o.at[r.ID]; twice {
			r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("%s: %s has the same id", o.name(here), o.name(first))
			r.ID = fmt.Sprintf("%s (%s)", r.ID, o.name(here))
		}
		o.at[r.ID] = here
	}
}

func (o *once) name(p place) string { return fmt.Sprintf("%s %d", o.parts[p.part], p.number) }

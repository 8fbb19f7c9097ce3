package ingest

import (
	"fmt"
	"strings"

	"padapter/manifests"
)

// once keeps ids unique: an annotation that repeats an id is rejected under an id of its own.
type once map[string]string // where an id was first seen

// check takes the record's id, which stands at the given place of the annotation, such as "train.json record 7".
func (o once) check(r *manifests.Record, place string) {
	r.ID = strings.ToValidUTF8(r.ID, "\ufffd")
	if r.ID == "" {
		r.ID = "(" + place + ")"
		r.Status, r.Reason = manifests.Rejected, place+" has no id"
	} else if first, twice := o[r.ID]; twice {
		r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("%s: %s has the same id", place, first)
		r.ID = fmt.Sprintf("%s (%s)", r.ID, place)
	}
	o[r.ID] = place
}

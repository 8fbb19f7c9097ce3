package change

import (
	"slices"
	"strings"

	"padapter/manifests"
)

// Difference describes how manifest b differs from manifest a. Records are matched by id.
type Difference struct {
	Added     []string                `json:"added"`     // ids that only b has, in its order
	Removed   []string                `json:"removed"`   // ids that only a has, in its order
	Changed   []Changed               `json:"changed"`   // in b's order
	Reordered bool                    `json:"reordered"` // common records have another order
	Header    []manifests.FieldChange `json:"header"`    // dataset, classes, source, root, tool
}

// Changed is a common record with different fields.
type Changed struct {
	ID     string                  `json:"id"`
	Fields []manifests.FieldChange `json:"fields"`
}

// Empty reports whether the manifests are equal.
func (d *Difference) Empty() bool {
	return len(d.Added)+len(d.Removed)+len(d.Changed)+len(d.Header) == 0 && !d.Reordered
}

// Diff compares two valid manifests. The second arrives in parts, with head as its metadata, and is never held whole.
// It returns an error only if parts does.
func Diff(a, head *manifests.Manifest, parts manifests.Parts) (*Difference, error) {
	d := newDiffer(a, head)
	for part, err := range parts {
		if err != nil {
			return nil, err
		}
		d.add(part)
	}
	return d.finish(), nil
}

// differ processes the records of the second manifest one by one.
type differ struct {
	a    *manifests.Manifest
	rows map[string]int32 // rows of a by id; built when the order of b first differs from that of a
	next int              // row of a in which the next record of b is expected
	held []bool           // rows of a that are also in b
	last int              // row of a of the previous common record
	Difference
}

func newDiffer(a, b *manifests.Manifest) *differ {
	return &differ{a: a, held: make([]bool, len(a.Records)), last: -1, Difference: Difference{Header: diffHeaders(a, b)}}
}

// row returns the row of a record in a.
func (d *differ) row(id string) (int, bool) {
	if d.next < len(d.a.Records) && d.a.Records[d.next].ID == id {
		return d.next, true
	}
	if d.rows == nil {
		d.rows = make(map[string]int32, len(d.a.Records))
		for i := range d.a.Records {
			d.rows[d.a.Records[i].ID] = int32(i)
		}
	}
	row, ok := d.rows[id]
	return int(row), ok
}

func (d *differ) add(records []manifests.Record) {
	for i := range records {
		r := &records[i]
		row, ok := d.row(r.ID)
		if !ok {
			d.Added = append(d.Added, r.ID)
			continue
		}
		d.held[row] = true
		d.Reordered = d.Reordered || row < d.last
		d.last, d.next = row, row+1
		if fields := manifests.Compare(&d.a.Records[row], r); fields != nil {
			d.Changed = append(d.Changed, Changed{r.ID, fields})
		}
	}
}

func (d *differ) finish() *Difference {
	for i := range d.a.Records {
		if !d.held[i] {
			d.Removed = append(d.Removed, d.a.Records[i].ID)
		}
	}
	return &d.Difference
}

func diffHeaders(a, b *manifests.Manifest) []manifests.FieldChange {
	var changes []manifests.FieldChange
	for _, f := range []manifests.FieldChange{
		{Field: "dataset", From: a.Dataset, To: b.Dataset},
		{Field: "source", From: a.Source, To: b.Source},
		{Field: "root", From: a.Root, To: b.Root},
		{Field: "tool", From: a.Tool, To: b.Tool},
	} {
		if f.From != f.To {
			changes = append(changes, f)
		}
	}
	if !slices.Equal(a.Classes, b.Classes) {
		changes = append(changes, manifests.FieldChange{Field: "classes", From: strings.Join(a.Classes, ", "), To: strings.Join(b.Classes, ", ")})
	}
	return changes
}

package change

import (
	"slices"
	"strings"

	"padapter/manifests"
)

// Difference is what makes b another manifest than a. Records are matched by id.
type Difference struct {
	Added     []string                `json:"added"`     // ids that only b has, in its order
	Removed   []string                `json:"removed"`   // ids that only a has, in its order
	Changed   []Changed               `json:"changed"`   // in b's order
	Reordered bool                    `json:"reordered"` // the records that both have stand in another order
	Header    []manifests.FieldChange `json:"header"`    // dataset, classes, source, root, tool
}

// Changed is a record that both manifests have, with what differs.
type Changed struct {
	ID     string                  `json:"id"`
	Fields []manifests.FieldChange `json:"fields"`
}

// Empty reports whether the manifests are the same.
func (d *Difference) Empty() bool {
	return len(d.Added)+len(d.Removed)+len(d.Changed)+len(d.Header) == 0 && !d.Reordered
}

// Diff compares two valid manifests.
func Diff(a, b *manifests.Manifest) *Difference {
	d := &Difference{Header: diffHeaders(a, b)}
	rows := make(map[string]int, len(a.Records))
	for i := range a.Records {
		rows[a.Records[i].ID] = i
	}
	held := make([]bool, len(a.Records))
	last := -1
	for i := range b.Records {
		r := &b.Records[i]
		row, ok := rows[r.ID]
		if !ok {
			d.Added = append(d.Added, r.ID)
			continue
		}
		held[row] = true
		d.Reordered = d.Reordered || row < last
		last = row
		if fields := manifests.Compare(&a.Records[row], r); fields != nil {
			d.Changed = append(d.Changed, Changed{r.ID, fields})
		}
	}
	for i := range a.Records {
		if !held[i] {
			d.Removed = append(d.Removed, a.Records[i].ID)
		}
	}
	return d
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

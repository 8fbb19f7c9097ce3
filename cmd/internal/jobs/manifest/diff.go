package manifest

import (
	"fmt"
	"strings"

	"padapter/manifests"
	"padapter/manifests/change"
)

// Difference is what differs between two manifests.
type Difference struct{ *change.Difference }

// Diff compares two manifests by record id. The first is held in memory, the second read part by part.
func Diff(from, to string) (Difference, error) {
	old, err := Load(from)
	if err != nil {
		return Difference{}, err
	}
	in, err := manifests.Open(to)
	if err != nil {
		return Difference{}, err
	}
	defer in.Close()
	d, err := change.Diff(old, in.Head(), in.Parts())
	return Difference{d}, err
}

// Text is the difference for people, at most so many records of each sort.
func (d Difference) Text(most int) string {
	var out strings.Builder
	for _, f := range d.Header {
		fmt.Fprintf(&out, "header %s: %q -> %q\n", f.Field, f.From, f.To)
	}
	if d.Reordered {
		out.WriteString("the records stand in another order\n")
	}
	list := func(sign string, n int, line func(i int) string) {
		for i := range min(n, most) {
			fmt.Fprintf(&out, "%s %s\n", sign, line(i))
		}
		if n > most {
			fmt.Fprintf(&out, "%s and %d more\n", sign, n-most)
		}
	}
	list("-", len(d.Removed), func(i int) string { return d.Removed[i] })
	list("+", len(d.Added), func(i int) string { return d.Added[i] })
	list("~", len(d.Changed), func(i int) string {
		c := d.Changed[i]
		fields := make([]string, len(c.Fields))
		for j, f := range c.Fields {
			fields[j] = fmt.Sprintf("%s %q -> %q", f.Field, f.From, f.To)
		}
		return c.ID + ": " + strings.Join(fields, ", ")
	})
	return out.String()
}

package manifest

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"padapter/manifests"
)

// Shown are a manifest's first records.
type Shown struct {
	Records []manifests.Record
	Left    int // records behind them
}

// Show reads a manifest and returns at most so many of its records.
func Show(path string, first int) (*Shown, error) {
	m, err := Load(path)
	if err != nil {
		return nil, err
	}
	n := min(first, len(m.Records))
	return &Shown{m.Records[:n], len(m.Records) - n}, nil
}

// Text is the records for people, a line each.
func (s *Shown) Text() string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tLABEL\tSPLIT\tSTATUS\tREASON")
	for _, r := range s.Records {
		label := "-"
		if r.Label != manifests.NoLabel {
			label = fmt.Sprintf("%d %s", r.Label, r.LabelName)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.ID, label, r.Split, r.Status, r.Reason)
	}
	_ = w.Flush() // a strings.Builder takes everything
	if s.Left > 0 {
		fmt.Fprintf(&out, "and %d more\n", s.Left)
	}
	return out.String()
}

// Convert writes a manifest in another form and returns how many records it has.
func Convert(from, to string) (records int, err error) {
	m, err := Load(from)
	if err != nil {
		return 0, err
	}
	return len(m.Records), m.WriteFile(to)
}

package label

import (
	"fmt"
	"strings"

	"padapter/models/checkpoint"
	"padapter/pipeline"
)

// Summary is what a run did. Outputs are in the order of Options.Outputs.
type Summary struct {
	Outputs  []Output        `json:"outputs"`
	Inputs   int             `json:"inputs"`
	Kept     int             `json:"kept"`    // inputs that had been labelled before
	Changed  int             `json:"changed"` // inputs of which an earlier state is in the ledger
	Removed  int             `json:"removed"` // inputs of the ledger that are no longer among the inputs
	Gone     []string        `json:"removed_ids"`
	Seconds  float64         `json:"seconds"`
	Rate     float64         `json:"inputs_per_second"` // of those labelled now
	Busy     float64         `json:"network_busy"`      // share of the time in which a network was at work
	Counts   pipeline.Counts `json:"counts"`            // of what was decoded now
	Ledger   string          `json:"ledger"`
	Segments string          `json:"segments,omitempty"`

	Backend   string `json:"backend"`   // engine that computed
	Precision string `json:"precision"` // of matrix products
	Devices   int    `json:"devices"`   // that shared each batch
}

// Output counts the rows of one file.
type Output struct {
	Out       string `json:"out"`
	Rows      int64  `json:"rows"`
	Labelled  int64  `json:"labelled"`
	Abstained int64  `json:"abstained"` // of the labelled
	Failed    int64  `json:"failed"`

	Agreement *checkpoint.Agreement `json:"agreement,omitempty"` // of the network's precision with float32, where it was measured
}

// mostGone is how many inputs that are gone are named.
const mostGone = 100

// Text is the summary for people.
func (s *Summary) Text() string {
	var b strings.Builder
	for _, out := range s.Outputs {
		fmt.Fprintf(&b, "%d rows, %d labelled, %d failed: %s\n", out.Rows, out.Labelled, out.Failed, out.Out)
		if out.Agreement != nil {
			fmt.Fprintf(&b, "  %v\n", out.Agreement)
		}
	}
	if labelled := s.Inputs - s.Kept; labelled > 0 {
		fmt.Fprintf(&b, "  %d inputs labelled now, %.1f a second", labelled, s.Rate)
		if s.Busy > 0 { // in this process
			fmt.Fprintf(&b, "; networks busy %.0f %% of the time", 100*s.Busy)
		}
		b.WriteByte('\n')
	}
	if s.Kept > 0 {
		fmt.Fprintf(&b, "  %d inputs kept from earlier runs (%s)\n", s.Kept, s.Ledger)
	}
	if s.Changed > 0 {
		fmt.Fprintf(&b, "  %d inputs had changed and were labelled anew\n", s.Changed)
	}
	if s.Removed > 0 {
		fmt.Fprintf(&b, "  %d inputs of earlier runs are gone and have no rows: %s\n", s.Removed, abridged(s.Gone, s.Removed))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// abridged names the first few of many.
func abridged(names []string, total int) string {
	const most = 5
	shown := names[:min(most, len(names))]
	text := strings.Join(shown, ", ")
	if total > len(shown) {
		text += fmt.Sprintf(" and %d more", total-len(shown))
	}
	return text
}

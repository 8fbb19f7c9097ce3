package preprocess

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"padapter/pipeline"
)

// Summary is what a run did.
type Summary struct{ pipeline.Summary }

// Text is the summary for people.
func (s *Summary) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d rows in %d shards (%d kept, %d made), %.1f MB\n", s.Out, s.Rows, s.Kept+s.Made, s.Kept, s.Made, float64(s.Bytes)/1e6)
	if c := s.Counts; c.Rows > 0 {
		seconds := max(s.Seconds, 1e-9)
		fmt.Fprintf(&out, "  %.1f clips/s, %.0f frames/s; %.1f MB read, %.1f MB of pixels\n", float64(c.Rows)/seconds, float64(c.Frames)/seconds, float64(c.BytesIn)/1e6, float64(c.BytesOut)/1e6)
		fmt.Fprintf(&out, "  worker time: open %s, decode %s (codec %s, pixels %s); writing %s\n",
			rounded(c.Open), rounded(c.Decode), rounded(c.Codec), rounded(c.Pixels), rounded(c.Emit))
		if c.Damaged > 0 {
			fmt.Fprintf(&out, "  %d clips were read in spite of damage\n", c.Damaged)
		}
		for _, reason := range slices.Sorted(maps.Keys(c.Errors)) {
			fmt.Fprintf(&out, "  error %s: %d\n", reason, c.Errors[reason])
		}
	}
	if !s.Complete {
		out.WriteString("  not complete yet: other parts of --shard are still to be done\n")
	}
	return out.String()
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

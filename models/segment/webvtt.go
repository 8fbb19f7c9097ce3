package segment

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strings"
)

// WriteWebVTT writes the segments of one video as a WebVTT file (W3C Candidate Recommendation, 2019): one cue per
// segment, with the class name and the score. Segments shorter than a millisecond are extended to one, because cues
// must not be empty.
func WriteWebVTT(w io.Writer, segments []Segment, names []string) error {
	b := bufio.NewWriter(w)
	b.WriteString("WEBVTT\n")
	for i, s := range segments {
		name := fmt.Sprint(s.Label)
		if int(s.Label) < len(names) {
			name = names[s.Label]
		}
		start := milliseconds(s.StartSeconds)
		end := max(milliseconds(s.EndSeconds), start+1)
		fmt.Fprintf(b, "\n%d\n%s --> %s\n%s %.3f\n", i+1, timestamp(start), timestamp(end), cueText.Replace(name), s.Score)
	}
	return b.Flush() // which also returns the first error of the writes above
}

// cueText escapes characters that have a meaning in a cue or end it.
var cueText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r\n", " ", "\n", " ", "\r", " ")

func milliseconds(seconds float64) int64 { return int64(math.Round(max(seconds, 0) * 1000)) }

func timestamp(ms int64) string {
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3600_000, ms/60_000%60, ms/1000%60, ms%1000)
}

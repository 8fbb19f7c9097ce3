package frames

import (
	"strconv"
	"strings"

	"padapter/cmd/internal/jobs"
)

// ParseIndices parses "0,5,10-20,30-60:10"; "" means every frame and gives nil.
func ParseIndices(text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	var out []int
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(strings.TrimSpace(part), ":")
		first, last, ranged := strings.Cut(span, "-")
		from, err := strconv.Atoi(first)
		to, step := from, 1
		if err == nil && ranged {
			to, err = strconv.Atoi(last)
		}
		if err == nil && stepped {
			step, err = strconv.Atoi(stepText)
		}
		if err != nil || from < 0 || to < from || step < 1 || (stepped && !ranged) {
			return nil, jobs.Usagef("--index %q: %q is not a frame number, a range like 10-20, or a range with a step like 0-60:4", text, part)
		}
		for i := from; i <= to; i += step {
			if len(out) == 1<<20 {
				return nil, jobs.Usagef("--index %q names more than %d frames", text, 1<<20)
			}
			out = append(out, i)
		}
	}
	return out, nil
}

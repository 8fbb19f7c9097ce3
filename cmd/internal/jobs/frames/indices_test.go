package frames

import (
	"errors"
	"slices"
	"testing"

	"padapter/cmd/internal/jobs"
)

func TestParseIndices(t *testing.T) {
	for text, want := range map[string][]int{
		"": nil, "7": {7}, "0,5, 10-12": {0, 5, 10, 11, 12}, "30-60:10": {30, 40, 50, 60}, "3-3": {3},
	} {
		if got, err := ParseIndices(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v (%v), want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"x", "-1", "5-3", "1-9:0", "4:2", "0-2000000", "1,,2"} {
		var usage jobs.UsageError
		if got, err := ParseIndices(text); !errors.As(err, &usage) {
			t.Errorf("%q: %v (%v), want a usage error", text, got, err)
		}
	}
}

package sampler_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"padapter/sampler"
)

// times are those of n frames at a rate.
func times(n int, fps float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = 100 + float64(i)/fps
	}
	return list
}

func TestResample(t *testing.T) {
	variable := []float64{0, 0.1, 0.2, 1.0, 1.05, 1.1, 2.0}
	for _, c := range []struct {
		name  string
		times []float64
		fps   float64
		want  []int
	}{
		{"the same rate", times(5, 30), 30, []int{0, 1, 2, 3, 4}},
		{"half", times(7, 30), 15, []int{0, 2, 4, 6}},
		{"a third of 29.97", times(7, 30000./1001), 10000. / 1001, []int{0, 3, 6}},
		{"double", times(3, 10), 20, []int{0, 0, 1, 1, 2}},
		{"variable", variable, 2, []int{0, 2, 3, 5, 6}},
		{"one frame", []float64{7}, 25, []int{0}},
		{"a picture's rate", times(300, 25), 0.1, []int{0, 250}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := sampler.Resample(c.times, c.fps); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
	for _, fps := range []float64{0, -1, math.NaN(), math.Inf(1), 1e9} {
		if got, err := sampler.Resample(times(300, 25), fps); err == nil {
			t.Errorf("%g frames a second: got %d frames, want an error", fps, len(got))
		}
	}
	if _, err := sampler.Resample(nil, 1); err == nil {
		t.Error("a video of no frames was resampled")
	}
}

func TestSlidingWindows(t *testing.T) {
	for _, c := range []struct {
		s     sampler.Sliding
		total float64
		want  string
	}{
		{sampler.Sliding{Length: 4, Hop: 2}, 10, "[{0 4} {2 6} {4 8} {6 10}]"},
		{sampler.Sliding{Length: 4, Hop: 2}, 11, "[{0 4} {2 6} {4 8} {6 10} {7 11}]"},
		{sampler.Sliding{Length: 4, Hop: 2, Tail: sampler.TailDrop}, 11, "[{0 4} {2 6} {4 8} {6 10}]"},
		{sampler.Sliding{Length: 4, Hop: 2, Tail: sampler.TailShort}, 11, "[{0 4} {2 6} {4 8} {6 10} {8 11}]"},
		{sampler.Sliding{Length: 2, Hop: 5, Tail: sampler.TailShort}, 9, "[{0 2} {5 7}]"},
		{sampler.Sliding{Length: 4, Hop: 4, Tail: sampler.TailDrop}, 3, "[{0 3}]"},
		{sampler.Sliding{Length: 0.1, Hop: 0.1}, 0.3, "3"},
	} {
		got, err := c.s.Windows(c.total)
		text := fmt.Sprint(got)
		if len(c.want) == 1 {
			text = fmt.Sprint(len(got))
		}
		if err != nil || text != c.want {
			t.Errorf("%+v over %g: got %s, %v, want %s", c.s, c.total, text, err, c.want)
		}
	}
	for want, s := range map[string]sampler.Sliding{"length 0": {Hop: 1}, "apart": {Length: 1}, `tail policy "cut"`: {Length: 1, Hop: 1, Tail: "cut"}, "more than": {Length: 1, Hop: 1e-9}} {
		if _, err := s.Windows(10); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want an error with %q", s, err, want)
		}
	}
}

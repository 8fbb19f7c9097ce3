package sampler

import (
	"fmt"
	"math"
	"sort"
)

// maxResampled is the maximum number of frames that Resample returns.
const maxResampled = 1 << 24

// Resample returns the index of the frame on display at each tick of a clock with fps ticks per second. times are the
// presentation times of the video in seconds, in ascending order. The clock runs from the first frame's time to the
// last's. A slow clock skips frames, a fast one repeats them. It returns an error if there are no frames, or too many
// ticks.
func Resample(times []float64, fps float64) ([]int, error) {
	if len(times) == 0 {
		return nil, fmt.Errorf("resample to %g frames a second: the video has no frames", fps)
	}
	if !(fps > 0) || math.IsInf(fps, 0) {
		return nil, fmt.Errorf("resample to %g frames a second: use a number above 0", fps)
	}
	const slack = 1e-6 // of a tick: times are sums of rounded numbers
	first, last := times[0], times[len(times)-1]
	count := math.Floor((last-first)*fps+slack) + 1
	if !(count >= 1 && count <= maxResampled) {
		return nil, fmt.Errorf("resample to %g frames a second: %g seconds make more than %d frames", fps, last-first, maxResampled)
	}
	indices := make([]int, int(count))
	for i := range indices {
		at := first + (float64(i)+slack)/fps
		indices[i] = max(0, sort.Search(len(times), func(n int) bool { return times[n] > at })-1)
	}
	return indices, nil
}

// Tail policies: what happens to the end of a video that no whole window covers.
const (
	TailDrop  = "drop"  // it is left out; a video shorter than a window still gives one window
	TailShort = "short" // a last, shorter window
	TailShift = "shift" // a last window that ends with the video and overlaps its predecessor more than usual
)

// Sliding defines sliding windows over a long video. Lengths may be in any unit (seconds, frames).
type Sliding struct {
	Length float64 // of a window, above 0
	Hop    float64 // from one window's start to the next, above 0; see WithDefaults
	Tail   string  // TailDrop, TailShort or TailShift; empty means TailShift
}

// WithDefaults fills in zero fields: a hop of half a window, and TailShift.
func (s Sliding) WithDefaults() Sliding {
	if s.Hop == 0 {
		s.Hop = s.Length / 2
	}
	if s.Tail == "" {
		s.Tail = TailShift
	}
	return s
}

// maxWindows is the maximum number of windows of one video.
const maxWindows = 1 << 20

// Window is the half-open range [Start, End), in the unit of Sliding.
type Window struct{ Start, End float64 }

// Validate returns an error if a field is out of range.
func (s Sliding) Validate() error {
	switch {
	case !(s.Length > 0) || math.IsInf(s.Length, 0):
		return fmt.Errorf("windows of length %g: use a number above 0", s.Length)
	case !(s.Hop > 0) || math.IsInf(s.Hop, 0):
		return fmt.Errorf("windows %g apart: use a number above 0", s.Hop)
	case s.Tail != "" && s.Tail != TailDrop && s.Tail != TailShort && s.Tail != TailShift:
		return fmt.Errorf("tail policy %q: use %s, %s or %s", s.Tail, TailDrop, TailShort, TailShift)
	}
	return nil
}

// Windows returns the windows over [0, total), in ascending order. Whole windows start at multiples of Hop. It returns an
// error if s or total is invalid, or if there are too many windows.
func (s Sliding) Windows(total float64) ([]Window, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if !(total > 0) || math.IsInf(total, 0) {
		return nil, fmt.Errorf("windows over a length of %g: it must be above 0", total)
	}
	if total <= s.Length {
		return []Window{{0, total}}, nil
	}
	const slack = 1e-9
	whole := math.Floor((total-s.Length)/s.Hop+slack) + 1
	if whole > maxWindows {
		return nil, fmt.Errorf("windows %g apart over a length of %g are more than %d", s.Hop, total, maxWindows)
	}
	windows := make([]Window, 0, int(whole)+1)
	for i := range int(whole) {
		start := float64(i) * s.Hop
		windows = append(windows, Window{start, min(total, start+s.Length)})
	}
	covered := windows[len(windows)-1].End
	if total-covered <= slack*total {
		return windows, nil
	}
	switch s.Tail {
	case TailDrop:
	case TailShort:
		if start := whole * s.Hop; start < total {
			windows = append(windows, Window{start, total})
		}
	default:
		windows = append(windows, Window{total - s.Length, total})
	}
	return windows, nil
}

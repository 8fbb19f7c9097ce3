package sampler

import (
	"fmt"
	"slices"
)

// Temporal policies.
const (
	Dense    = "dense"    // one window of frames at a stride
	Uniform  = "uniform"  // one frame from each of as many equal segments as there are frames
	Spread   = "spread"   // the reference's training sampler, see spreadIndices
	VideoMAE = "videomae" // VideoMAE's training sampler, see videoMAEIndices
)

// End-of-clip policies: what replaces frames after the last.
const (
	RepeatLast = "repeat-last" // the last frame
	Loop       = "loop"        // the video from its beginning; the only policy whose indices may decrease
	Fail       = "error"       // nothing: Indices fails
)

// Temporal selects the frames of a clip.
type Temporal struct {
	Policy    string // Dense, Uniform, Spread or VideoMAE
	Frames    int    // T, at least 1
	Stride    int    // distance between frames, at least 1; not used by Uniform
	Random    bool   // draw the position from the key; otherwise it is centred, or set by Segments
	Segments  int    // Dense, not Random: view v starts at position v mod Segments of that many evenly spaced ones; 0 or 1 centres
	EndPolicy string // empty means RepeatLast; Uniform, Spread and VideoMAE have their own rules
}

// Validate returns an error if a field is out of range.
func (t Temporal) Validate() error {
	switch {
	case !slices.Contains([]string{Dense, Uniform, Spread, VideoMAE}, t.Policy):
		return fmt.Errorf("temporal policy %q: use %s, %s, %s or %s", t.Policy, Dense, Uniform, Spread, VideoMAE)
	case t.Frames < 1 || t.Frames > 1<<20:
		return fmt.Errorf("%d frames in a clip: use 1 to %d", t.Frames, 1<<20)
	case t.Policy != Uniform && (t.Stride < 1 || t.Stride > 1<<20):
		return fmt.Errorf("stride %d: use 1 to %d", t.Stride, 1<<20)
	case t.Segments < 0:
		return fmt.Errorf("%d segments: use 0 or more", t.Segments)
	case t.EndPolicy != "" && !slices.Contains([]string{RepeatLast, Loop, Fail}, t.EndPolicy):
		return fmt.Errorf("end policy %q: use %s, %s or %s", t.EndPolicy, RepeatLast, Loop, Fail)
	}
	return nil
}

// span returns the number of frames from the first to the last of a dense clip, both included.
func (t Temporal) span() int { return (t.Frames-1)*t.Stride + 1 }

// Indices returns the Frames indices of the clip, in [0, numFrames). They do not decrease, except with Loop. It returns
// an error if t is invalid, the video is empty, or EndPolicy is Fail and the video is too short.
func (t Temporal) Indices(numFrames int, k Key) ([]int, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if numFrames < 1 {
		return nil, fmt.Errorf("a video of %d frames has none to choose from", numFrames)
	}
	need := t.span()
	if t.Policy == Uniform {
		need = t.Frames
	}
	if t.EndPolicy == Fail && numFrames < need {
		return nil, fmt.Errorf("a clip needs %d frames and the video has %d: use end policy %s or %s, or a smaller stride", need, numFrames, RepeatLast, Loop)
	}
	switch t.Policy {
	case Uniform:
		return t.uniform(numFrames, k), nil
	case Spread:
		return spreadIndices(numFrames, t.Frames, t.Stride, 1, t.draws(k)), nil
	case VideoMAE:
		return videoMAEIndices(numFrames, t.Frames, t.Stride, 1, false, t.draws(k)).Frames, nil
	}
	return t.at(t.start(numFrames, k), numFrames), nil
}

// draws returns the key's draws, or the middle of each range if Random is not set.
func (t Temporal) draws(k Key) Draws {
	if t.Random {
		return k.Draws("time")
	}
	return middle{}
}

// middle draws the middle of every range.
type middle struct{}

func (middle) Below(n int) int { return n / 2 }
func (middle) Unit() float64   { return 0.5 }

// start returns the first frame of a dense window.
func (t Temporal) start(numFrames int, k Key) int {
	room := max(0, numFrames-t.span())
	switch {
	case t.Random:
		return k.Draws("time").Below(room + 1)
	case t.Segments > 1:
		return k.View % t.Segments * room / (t.Segments - 1)
	}
	return room / 2
}

// at returns the frames of a dense window.
func (t Temporal) at(start, numFrames int) []int {
	indices := make([]int, t.Frames)
	for i := range indices {
		switch index := start + i*t.Stride; {
		case index < numFrames:
			indices[i] = index
		case t.EndPolicy == Loop:
			indices[i] = index % numFrames
		default:
			indices[i] = numFrames - 1
		}
	}
	return indices
}

// uniform takes one frame from each segment [i·n/T, (i+1)·n/T): the middle or a random one. A segment shorter than a
// frame gives the frame in which it starts.
func (t Temporal) uniform(n int, k Key) []int {
	var d Draws
	if t.Random {
		d = k.Draws("time")
	}
	indices := make([]int, t.Frames)
	for i := range indices {
		low, high := i*n/t.Frames, (i+1)*n/t.Frames
		if d == nil {
			indices[i] = (2*i + 1) * n / (2 * t.Frames)
			continue
		}
		indices[i] = low + d.Below(max(1, high-low))
	}
	return indices
}

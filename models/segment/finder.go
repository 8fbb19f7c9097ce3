package segment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Options define when a class counts as present.
type Options struct {
	On               float64 // score in (0, 1] from which a class is on
	Off              float64 // score in [0, On] below which it is off again
	MinLengthSeconds float64 `json:"MinLength"` // shorter segments are dropped, after joining
	JoinGapSeconds   float64 `json:"JoinGap"`   // longest gap between two segments of a class that is closed
	CloseGapSeconds  float64 `json:"Meet"`      // longest gap between segments of different classes that is closed in its middle
}

// DefaultOptions suit windows that are shorter than the actions.
var DefaultOptions = Options{On: 0.5, Off: 0.35}

// Validate returns an error if a field is out of range.
func (o Options) Validate() error {
	switch {
	case !(o.On > 0 && o.On <= 1):
		return fmt.Errorf("segments: on %v: a score above 0, at most 1", o.On)
	case !(o.Off >= 0 && o.Off <= o.On):
		return fmt.Errorf("segments: off %v: a score from 0 to on (%v)", o.Off, o.On)
	case !(o.MinLengthSeconds >= 0) || math.IsInf(o.MinLengthSeconds, 1):
		return fmt.Errorf("segments: minimum length %v s may not be negative", o.MinLengthSeconds)
	case !(o.JoinGapSeconds >= 0) || math.IsInf(o.JoinGapSeconds, 1):
		return fmt.Errorf("segments: gap %v s may not be negative", o.JoinGapSeconds)
	case !(o.CloseGapSeconds >= 0) || math.IsInf(o.CloseGapSeconds, 1):
		return fmt.Errorf("segments: gap to meet in %v s may not be negative", o.CloseGapSeconds)
	}
	return nil
}

// Segment is a time range [start, end) of a video in which a class is present.
type Segment struct {
	Label                    int32
	StartSeconds, EndSeconds float64 // seconds from the first frame
	Score                    float64 // mean of its cells' scores, weighted by their lengths
	Peak                     float64 // largest of them
}

// Finder finds the segments of one video.
type Finder struct {
	opt    Options
	last   *window // its cell is complete when the next window is known
	from   float64 // start of that cell
	open   []run   // by class
	joined []run   // finished, but may still be joined with a later run
	found  []Segment
}

type window struct {
	start, end float64
	scores     []float32
}

func (w *window) middle() float64 { return (w.start + w.end) / 2 }

// run is an unfinished segment; weight is 0 if there is none.
type run struct {
	start, end, weight, sum, peak float64
}

// NewFinder returns a Finder for scores of the given number of classes.
func NewFinder(classes int, opt Options) (*Finder, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	return &Finder{opt: opt, open: make([]run, classes), joined: make([]run, classes)}, nil
}

// Add adds the next window [start, end), in seconds, with a score in 0…1 per class. Windows must be added in the order
// of their middles.
func (f *Finder) Add(start, end float64, scores []float32) error {
	w := &window{start, end, slices.Clone(scores)}
	switch {
	case len(scores) != len(f.open):
		return fmt.Errorf("segments: a window has %d scores, want %d", len(scores), len(f.open))
	case !(end > start):
		return fmt.Errorf("segments: a window from %v s to %v s has no length", start, end)
	case f.last == nil:
		f.from = start
	case !(w.middle() > f.last.middle()):
		return fmt.Errorf("segments: the window from %v s to %v s comes after one further on (%v s to %v s)", start, end, f.last.start, f.last.end)
	default:
		f.cell((f.last.middle() + w.middle()) / 2)
	}
	f.last = w
	return nil
}

// Finish returns the segments of the video, sorted by start, then label. The Finder can then be used for another video.
func (f *Finder) Finish() []Segment {
	if f.last != nil {
		f.cell(f.last.end)
	}
	for label := range f.open {
		f.finish(int32(label))
		f.emit(int32(label))
	}
	found := f.found
	f.last, f.found = nil, nil
	slices.SortFunc(found, func(a, b Segment) int {
		return cmp.Or(cmp.Compare(a.StartSeconds, b.StartSeconds), cmp.Compare(a.Label, b.Label))
	})
	closeGaps(found, f.opt.CloseGapSeconds)
	return found
}

// cell completes the cell of the last window, which ends at to.
func (f *Finder) cell(to float64) {
	length := to - f.from
	for label, score32 := range f.last.scores {
		score, open := float64(score32), &f.open[label]
		threshold := f.opt.On
		if open.weight > 0 {
			threshold = f.opt.Off
		}
		if !(score >= threshold) { // also false for NaN
			f.finish(int32(label))
			continue
		}
		if open.weight == 0 {
			open.start = f.from
		}
		open.end = to
		open.weight += length
		open.sum += score * length
		open.peak = max(open.peak, score)
	}
	f.from = to
}

// finish ends a class's open run and joins it with the previous run, or emits that one.
func (f *Finder) finish(label int32) {
	open, before := f.open[label], &f.joined[label]
	if open.weight == 0 {
		return
	}
	f.open[label] = run{}
	if before.weight > 0 && open.start-before.end <= f.opt.JoinGapSeconds {
		before.end = open.end
		before.weight += open.weight
		before.sum += open.sum
		before.peak = max(before.peak, open.peak)
		return
	}
	f.emit(label)
	*before = open
}

// emit adds a class's joined run to the segments if it is long enough.
func (f *Finder) emit(label int32) {
	r := f.joined[label]
	f.joined[label] = run{}
	if r.weight > 0 && r.end-r.start >= f.opt.MinLengthSeconds {
		f.found = append(f.found, Segment{Label: label, StartSeconds: r.start, EndSeconds: r.end, Score: r.sum / r.weight, Peak: r.peak})
	}
}

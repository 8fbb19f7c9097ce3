package decode

import (
	"io"
	"time"
)

// Source is a clip's bytes. ReadAt must be safe to call from the goroutine
// that calls the Decoder; it is never called after the call has returned.
type Source interface {
	io.ReaderAt
	Size() int64
}

// Info describes a clip before any of its pixels are needed.
type Info struct {
	Frames      int  // frames a full sequential decode yields
	FramesExact bool // Frames is that count and not an estimate; always set today
	FullScan    bool // the index came from decoding everything, not from the packets

	Width, Height             int // display size: square pixels, orientation applied
	StoredWidth, StoredHeight int
	Rotation                  int  // degrees clockwise from stored to display: 0, 90, 180, 270
	HFlip                     bool // the display is mirrored left to right, after the rotation
	Image                     bool // a still image

	FPSNum, FPSDen           int // average frame rate, 0/0 when unknown
	TimeBaseNum, TimeBaseDen int // seconds of one tick of Pts
	DurationSeconds          float64
	Codec, Container         string
	PixelFormat              string  // of the stored frames; "" until a frame was decoded where the header does not say
	Pts                      []int64 // presentation time of each frame, in ticks
	Keys                     []bool  // whether frame i is a key frame
	Disposable               []bool  // whether no other frame refers to frame i, as far as the packets tell
}

// Seconds is the presentation time of frame i.
func (in *Info) Seconds(i int) float64 {
	if in.TimeBaseDen == 0 {
		return 0
	}
	return float64(in.Pts[i]) * float64(in.TimeBaseNum) / float64(in.TimeBaseDen)
}

// FrameAt is the index of the frame on display t seconds after the first
// frame's presentation time: the last frame that is not later. It clamps to
// the first and the last frame.
func (in *Info) FrameAt(t float64) int {
	if len(in.Pts) == 0 {
		return 0
	}
	start := in.Seconds(0)
	low, high := 0, len(in.Pts)-1
	for low < high {
		mid := (low + high + 1) / 2
		if in.Seconds(mid)-start <= t+1e-9 {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}

// Region is a rectangle in display pixels (square, orientation applied).
// Pixel i covers [i, i+1); fractions are exact; parts outside the frame repeat
// the edge.
type Region struct{ X, Y, W, H float64 }

// Filter says how source samples make an output sample.
type Filter int

const (
	// Bilinear blends the two nearest samples a direction, without
	// widening when it shrinks: OpenCV's INTER_LINEAR.
	Bilinear Filter = iota
	// Bicubic takes four samples a direction with a = -0.75, without
	// widening: OpenCV's INTER_CUBIC.
	Bicubic
	// Area averages the samples that an output pixel covers when it shrinks
	// (OpenCV's INTER_AREA, PIL's BOX) and is Bilinear when it enlarges.
	Area
)

// Plan is what a caller wants of a clip.
type Plan struct {
	Indices       []int // frames in non-decreasing order; repeats allowed
	Region        Region
	Width, Height int // of each output frame, in pixels
	Filter        Filter
	HFlip         bool // mirror the output left to right
}

// Bytes is the size of the destination: frames × height × width × 3.
func (p Plan) Bytes() int { return len(p.Indices) * p.Height * p.Width * 3 }

// Frame describes one delivered frame.
type Frame struct {
	Index   int
	Pts     int64   // ticks of the clip's time base
	Seconds float64 // Pts in seconds
	Damaged bool    // the decoder concealed errors in it
}

// Clip is what one call delivered.
type Clip struct {
	Info     Info
	Frames   []Frame  // one for each index of the plan
	Warnings []string // damage that was met, in words
	Work     Work
}

// Work says where a clip's time went, by the clock that Options.Measure names.
type Work struct {
	Codec   time.Duration // inside FFmpeg's decoder, with one thread
	Pixels  time.Duration // in the pixel kernel
	Packets int           // sent to the decoder
}

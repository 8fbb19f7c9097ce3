package decode

import (
	"fmt"
	"log/slog"
)

// Options of a Decoder. Zero values take the defaults.
type Options struct {
	// Threads inside the codec. Default 1: more Decoders beat more threads.
	Threads int
	// MaxPixels of one stored frame. Default 64 Mi (8192 × 8192).
	MaxPixels int64
	// MaxFrames, and packets, of one clip. Default 1 Mi: nine hours at 30 fps.
	MaxFrames int64
	// MaxHeld is how many bytes of a clip are held in memory; what is bigger
	// is read from the source as needed, more than once. Default 64 MiB. A
	// Decoder holds at most twice this, plus the codec's own frames.
	MaxHeld int64
	// Log receives FFmpeg's warnings at debug level. Default: none.
	Log *slog.Logger

	// Measure fills Clip.Work by the clock that it names. Default: none.
	Measure Clock

	switches int // techniques switched off by tests and measurements
}

func (o Options) withDefaults() (Options, error) {
	if o.Threads < 0 || o.MaxPixels < 0 || o.MaxFrames < 0 || o.MaxHeld < 0 {
		return o, fmt.Errorf("decoder options: threads %d, pixels %d, frames %d, held bytes %d: use 0 for the default or a positive number",
			o.Threads, o.MaxPixels, o.MaxFrames, o.MaxHeld)
	}
	if o.Threads == 0 {
		o.Threads = 1
	}
	if o.MaxPixels == 0 {
		o.MaxPixels = 64 << 20
	}
	if o.MaxFrames == 0 {
		o.MaxFrames = 1 << 20
	}
	if o.MaxHeld == 0 {
		o.MaxHeld = 64 << 20
	}
	switch o.Measure {
	case NoClock:
	case ProcessorClock:
		o.switches |= switchMeasure
	case WallClock:
		o.switches |= switchWall
	default:
		return o, fmt.Errorf("decoder options: clock %d: use NoClock, WallClock or ProcessorClock", o.Measure)
	}
	return o, nil
}

// Clock is what a Decoder measures its work by.
type Clock int8

// Clocks. Reading the processor's is a system call, twice a packet: half a microsecond each. The wall clock is read
// without one.
const (
	NoClock Clock = iota
	WallClock
	ProcessorClock // of the thread
)

// Switches of Options.switches, as in base.h.
const (
	switchNoDrop     = 1
	switchNoSIMD     = 2
	switchFromStart  = 4
	switchFullScan   = 8
	switchStreamInfo = 16
	switchGeneric    = 32
	switchNoRender   = 128
	switchWall       = 64
	switchMeasure    = 256
)

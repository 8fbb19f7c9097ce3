package jobs

import (
	"context"
	"fmt"
	"time"

	"padapter/decode"
	"padapter/pipeline"
	"padapter/pipeline/isolate"
)

// DecodeLimits bound what one file may cost. Zeros stand for decode's defaults.
type DecodeLimits struct {
	Timeout   time.Duration // for one file; 0: none
	MaxPixels int64         // of a stored frame
	MaxFrames int64         // frames or packets of a file
	MaxHeld   int64         // bytes of a file that a worker keeps in memory
	Isolate   isolate.Mode  // whether decoders run in child processes
}

// Decoder is what the limits ask of a decoder.
func (l DecodeLimits) Decoder() decode.Options {
	return decode.Options{MaxPixels: l.MaxPixels, MaxFrames: l.MaxFrames, MaxHeld: l.MaxHeld}
}

// Decoders are n of them. Those of a network that computes on the same processors yield to it.
func (l DecodeLimits) Decoders(n int, yield bool) *pipeline.Decoders {
	return pipeline.NewDecoders(n, pipeline.DecodersOptions{Decoder: l.Decoder(), Isolate: l.Isolate, Yield: yield})
}

// Identity tells clips apart of which other limits may have refused some; it is empty for decode's defaults.
func (l DecodeLimits) Identity() string {
	if l.Timeout == 0 && l.MaxPixels == 0 && l.MaxFrames == 0 {
		return ""
	}
	return fmt.Sprintf("limits %s, %d pixels, %d frames", l.Timeout, l.MaxPixels, l.MaxFrames)
}

// Within bounds the work on one file.
func (l DecodeLimits) Within(ctx context.Context) (context.Context, context.CancelFunc) {
	if l.Timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, l.Timeout)
}

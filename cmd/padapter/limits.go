package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"padapter/decode"
	"padapter/pipeline"
	"padapter/pipeline/isolate"
)

// decodeLimits bound what one file may cost. Every command that decodes has the same flags for them; zeros stand for
// decode's defaults.
type decodeLimits struct {
	timeout                       time.Duration // 0: none
	maxPixels, maxFrames, maxHeld int64
	isolate                       isolate.Mode
}

// bind is for commands that decode many files. They decode in child processes, if asked to or if that is preferred.
func (l *decodeLimits) bind(f *pflag.FlagSet, otherwise isolate.Mode) {
	l.bindHere(f)
	bindIsolate(f, &l.isolate, otherwise)
}

// bindHere is for commands that decode in their own process.
func (l *decodeLimits) bindHere(f *pflag.FlagSet) {
	f.DurationVar(&l.timeout, "timeout", 0, "give up on a file after this long (0: never)")
	f.Int64Var(&l.maxPixels, "max-pixels", 0, "refuse files with more pixels in a stored frame (0: 67108864)")
	f.Int64Var(&l.maxFrames, "max-frames", 0, "refuse files of more frames or packets (0: 1048576)")
	f.Int64Var(&l.maxHeld, "max-held", 0, "bytes of a file that each worker keeps in memory; of bigger ones parts are read again as needed (0: 67108864)")
}

// Check rejects values that no file can make right.
func (l *decodeLimits) Check() error {
	if l.timeout < 0 || l.maxPixels < 0 || l.maxFrames < 0 || l.maxHeld < 0 {
		return usageErrorf("--timeout %s, --max-pixels %d, --max-frames %d, --max-held %d: use 0 or more", l.timeout, l.maxPixels, l.maxFrames, l.maxHeld)
	}
	return checkIsolate(l.isolate)
}

// decoder is what the limits ask of a decoder.
func (l *decodeLimits) decoder() decode.Options {
	return decode.Options{MaxPixels: l.maxPixels, MaxFrames: l.maxFrames, MaxHeld: l.maxHeld}
}

// decoders are n of them. Those of a network that computes on the same processors yield to it.
func (l *decodeLimits) decoders(n int, yield bool) *pipeline.Decoders {
	return pipeline.NewDecoders(n, pipeline.DecodersOptions{Decoder: l.decoder(), Isolate: l.isolate, Yield: yield})
}

// identity tells clips apart of which other limits may have refused some; it is empty for decode's defaults.
func (l *decodeLimits) identity() string {
	if l.timeout == 0 && l.maxPixels == 0 && l.maxFrames == 0 {
		return ""
	}
	return fmt.Sprintf(", limits %s, %d pixels, %d frames", l.timeout, l.maxPixels, l.maxFrames)
}

// within bounds the work on one file.
func (l *decodeLimits) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if l.timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, l.timeout)
}

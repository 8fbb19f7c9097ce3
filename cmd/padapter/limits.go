package main

import (
	"github.com/spf13/pflag"

	"padapter/cmd/internal/jobs"
	"padapter/pipeline/isolate"
)

// limitFlags are the flags of every command that decodes: they bound what one file may cost.
type limitFlags struct{ jobs.DecodeLimits }

// bind is for commands that decode many files. They decode in child processes, if asked to or if that is preferred.
func (l *limitFlags) bind(f *pflag.FlagSet, otherwise isolate.Mode) {
	l.bindHere(f)
	bindIsolate(f, &l.Isolate, otherwise)
}

// bindHere is for commands that decode in their own process.
func (l *limitFlags) bindHere(f *pflag.FlagSet) {
	f.DurationVar(&l.Timeout, "timeout", 0, "give up on a file after this long (0: never)")
	f.Int64Var(&l.MaxPixels, "max-pixels", 0, "refuse files with more pixels in a stored frame (0: 67108864)")
	f.Int64Var(&l.MaxFrames, "max-frames", 0, "refuse files of more frames or packets (0: 1048576)")
	f.Int64Var(&l.MaxHeld, "max-held", 0, "bytes of a file that each worker keeps in memory; of bigger ones parts are read again as needed (0: 67108864)")
}

// Check rejects values that no file can make right.
func (l *limitFlags) Check() error {
	if l.Timeout < 0 || l.MaxPixels < 0 || l.MaxFrames < 0 || l.MaxHeld < 0 {
		return usageErrorf("--timeout %s, --max-pixels %d, --max-frames %d, --max-held %d: use 0 or more", l.Timeout, l.MaxPixels, l.MaxFrames, l.MaxHeld)
	}
	return checkIsolate(l.Isolate)
}

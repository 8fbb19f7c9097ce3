//go:build !linux

package machine

// PeakMemory would measure the process's largest resident set; only Linux lets a process start that anew.
type PeakMemory struct{}

// WatchPeakMemory measures nothing here.
func WatchPeakMemory() PeakMemory { return PeakMemory{} }

// Bytes is 0: not known.
func (PeakMemory) Bytes() int64 { return 0 }

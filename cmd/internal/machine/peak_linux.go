package machine

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
)

// PeakMemory measures the largest resident set of the process since it was made by WatchPeakMemory.
type PeakMemory struct{ usable bool }

// WatchPeakMemory gives unused memory back to the system and starts a measurement. The process has one: a later call starts
// it anew for all. Where the system does not allow it, Bytes is 0.
func WatchPeakMemory() PeakMemory {
	debug.FreeOSMemory()
	return PeakMemory{usable: os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil}
}

// Bytes is the largest resident set since the start, or 0 where it is not known.
func (w PeakMemory) Bytes() int64 {
	if !w.usable {
		return 0
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "VmHWM:" {
			kib, err := strconv.ParseInt(string(fields[1]), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}

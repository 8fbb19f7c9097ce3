package main

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
)

// memoryWatch measures the largest resident set of the process since it was made.
type memoryWatch struct{ usable bool }

// watchMemory gives unused memory back and starts the measurement anew. Where the system does not let us, peak is 0.
func watchMemory() memoryWatch {
	debug.FreeOSMemory()
	return memoryWatch{usable: os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil}
}

// peak returns bytes.
func (w memoryWatch) peak() int64 {
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

//go:build !linux

package pipeline

// yieldThread does nothing: elsewhere priorities are those of processes.
func yieldThread() {}

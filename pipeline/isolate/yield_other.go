//go:build !linux

package isolate

// yieldThread does nothing: elsewhere priorities are those of processes.
func yieldThread() {}

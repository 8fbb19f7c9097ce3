package isolate

import (
	"runtime"
	"syscall"
)

// yieldThread binds the goroutine to its thread, for good, and gives that and the processes it will start the lowest of
// the ordinary priorities. A refusal changes nothing but speed.
func yieldThread() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19) // 0 is the calling thread
}

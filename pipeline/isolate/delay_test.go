//go:build linux

package isolate

import (
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Of two threads that share one processor each waits while the other runs.
func TestRunDelayIsTheWaitForAProcessor(t *testing.T) {
	var processors unix.CPUSet
	if err := unix.SchedGetaffinity(0, &processors); err != nil {
		t.Fatal(err)
	}
	var one unix.CPUSet
	for i := range len(processors) * 64 {
		if processors.IsSet(i) {
			one.Set(i)
			break
		}
	}
	const long = 200 * time.Millisecond
	waited := make(chan time.Duration, 2)
	for range 2 {
		go func() { // the thread ends with the goroutine, which stays locked to it
			runtime.LockOSThread()
			if err := unix.SchedSetaffinity(0, &one); err != nil {
				t.Error(err)
			}
			before := runDelay(os.Getpid(), unix.Gettid())
			for began := time.Now(); time.Since(began) < long; {
			}
			waited <- runDelay(os.Getpid(), unix.Gettid()) - before
		}()
	}
	if sum := <-waited + <-waited; sum < long/4 {
		t.Errorf("two threads waited %s of %s together", sum, 2*long)
	}
	if got := runDelay(os.Getpid(), 1<<30); got != 0 {
		t.Errorf("a thread that is none waited %s", got)
	}
}

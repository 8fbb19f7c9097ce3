//go:build linux

package isolate

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// runDelay is for how long a thread was ready and waited for a processor, since it began; 0 where the kernel does not say.
// It is the second number of the thread's schedstat, in nanoseconds (Documentation/scheduler/sched-stats in Linux).
func runDelay(process, thread int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/schedstat", process, thread))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	n, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n)
}

// waited returns a function that tells for how long a thread of this process and the child's decoding thread have waited
// for processors. The file is not to blame for that.
func (p *process) waited(thread int) func() time.Duration {
	here, child, decoding := os.Getpid(), p.cmd.Process.Pid, p.thread
	return func() time.Duration { return runDelay(here, thread) + runDelay(child, decoding) }
}

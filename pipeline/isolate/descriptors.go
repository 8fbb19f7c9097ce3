//go:build linux

package isolate

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// lying is how many files are open in this process's queues, which share what the system lets it open with all else.
var lying atomic.Int64

// mostLying is from how many on queues are short.
var mostLying = sync.OnceValue(func() int64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 256
	}
	return int64(min(limit.Cur/4, 1<<20))
})

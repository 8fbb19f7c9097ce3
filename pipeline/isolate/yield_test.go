//go:build linux

package isolate

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// Children yield with all their threads, and who starts them does not.
func TestChildrenYield(t *testing.T) {
	own, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, yield := range []bool{false, true} {
		c := open(t, options{Yield: yield})
		if err := c.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := own
		if yield {
			want = 20 - 19 // as the system call has it
		}
		threads, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(c.p.cmd.Process.Pid), "task"))
		if err != nil || len(threads) == 0 {
			t.Fatalf("%d threads, %v", len(threads), err)
		}
		for _, thread := range threads {
			id, err := strconv.Atoi(thread.Name())
			if err != nil {
				t.Fatal(err)
			}
			if got, err := unix.Getpriority(unix.PRIO_PROCESS, id); err != nil || got != want {
				t.Errorf("yield %t: a thread has priority %d, want %d (%v)", yield, got, want, err)
			}
		}
		if got, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err != nil || got != own {
			t.Errorf("yield %t: this thread has priority %d now, it was %d (%v)", yield, got, own, err)
		}
	}
}

//go:build linux

package isolate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// bell is how a child wakes its parent when it has left answers. Ringing it never waits, and costs nothing when the parent
// is awake.
type bell struct{ file *os.File }

func newBell() (b bell, err error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return b, fmt.Errorf("make a bell: %w", err)
	}
	return bell{os.NewFile(uintptr(fd), "bell")}, nil
}

func (b bell) ring() error {
	_, err := b.file.Write(binary.NativeEndian.AppendUint64(nil, 1))
	return err
}

// wait waits until the child has said something, which it reports, or has rung, at most for so long.
func (p *process) wait(limit time.Duration) (said bool, err error) {
	if p.wire.from.Buffered() > 0 {
		return true, nil
	}
	bell := int(p.bell.file.Fd())
	both := []unix.PollFd{{Fd: int32(p.talk.fd), Events: unix.POLLIN}, {Fd: int32(bell), Events: unix.POLLIN}}
	if _, err := unix.Poll(both, int(limit.Milliseconds())); err != nil {
		if errors.Is(err, unix.EINTR) {
			return false, nil
		}
		return false, fmt.Errorf("wait for the decoder's process: %w", err)
	}
	if both[1].Revents != 0 {
		if _, err := unix.Read(bell, make([]byte, 8)); err != nil && !errors.Is(err, unix.EINTR) {
			return false, fmt.Errorf("wait for the decoder's process: %w", err)
		}
	}
	return both[0].Revents != 0, nil
}

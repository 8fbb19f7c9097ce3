//go:build linux

package isolate

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// socket is one end of a connected pair that descriptors can travel along. Reads and writes block their threads: that
// wakes up sooner than the runtime's poller does, and the other end's end ends them.
type socket struct {
	fd   int
	send []int // descriptors to go with the next write
	got  []int // descriptors that came
	oob  []byte

	ended bool // the other end has
}

func newSocket(fd int) *socket {
	return &socket{fd: fd, oob: make([]byte, unix.CmsgSpace(4*mostFiles))}
}

// Read reads what there is, and keeps descriptors.
func (s *socket) Read(p []byte) (int, error) {
	for {
		n, oobn, _, _, err := unix.Recvmsg(s.fd, p, s.oob, unix.MSG_CMSG_CLOEXEC)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			s.ended = true
			return 0, err
		}
		if oobn > 0 {
			if err := s.keep(s.oob[:oobn]); err != nil {
				return 0, err
			}
		}
		if n == 0 {
			s.ended = true
			return 0, io.EOF
		}
		return n, nil
	}
}

func (s *socket) keep(oob []byte) error {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return err
	}
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			return err
		}
		s.got = append(s.got, fds...)
	}
	return nil
}

// take returns the descriptor that came first.
func (s *socket) take(name string) (*os.File, error) {
	if len(s.got) == 0 {
		return nil, errors.New("a descriptor was promised and did not come")
	}
	fd := s.got[0]
	s.got = slices.Delete(s.got, 0, 1)
	return os.NewFile(uintptr(fd), name), nil
}

// Write writes all of p.
func (s *socket) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		var oob []byte
		if len(s.send) > 0 {
			oob = unix.UnixRights(s.send...)
		}
		n, err := unix.SendmsgN(s.fd, p[done:], oob, nil, unix.MSG_NOSIGNAL)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			s.ended = true
			return done, err
		}
		s.send = s.send[:0]
		done += n
	}
	return done, nil
}

func (s *socket) close() {
	_ = unix.Close(s.fd) // what it carried has been read or is of no use
	for _, fd := range s.got {
		_ = unix.Close(fd)
	}
}

// socketPair returns this process's end and the file to pass to a child.
func socketPair() (int, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	return fds[0], os.NewFile(uintptr(fds[1]), "child's end"), nil
}

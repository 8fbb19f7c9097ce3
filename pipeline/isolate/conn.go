//go:build linux

package isolate

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// conn carries messages and open descriptors between a parent and its child. Reads and writes block their threads: that
// wakes up sooner than the runtime's poller does, and the other end's end ends them. encoding/gob describes a type once
// in a connection, and takes 50 µs for a clip's four messages with an index of 300 frames.
type conn struct {
	fd   int
	to   *gob.Encoder
	from *gob.Decoder
	give []int // descriptors to go with the next message
	got  []int // descriptors that came
	oob  []byte
	lost bool // nothing more can be read
}

func newConn(fd int) *conn {
	c := &conn{fd: fd, oob: make([]byte, unix.CmsgSpace(4*mostFiles))}
	c.to, c.from = gob.NewEncoder(c), gob.NewDecoder(c)
	return c
}

// connPair returns this process's end and the file to pass to a child.
func connPair() (*conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a socket pair: %w", err)
	}
	return newConn(fds[0]), os.NewFile(uintptr(fds[1]), "child's end"), nil
}

// errStalled is of a message that takes too long to come, or to be taken.
var errStalled = errors.New("it gave no sign of life")

// limit says for how long to wait for the other end from now on.
func (c *conn) limit(d time.Duration) error {
	t := unix.NsecToTimeval(max(d, time.Microsecond).Nanoseconds())
	return errors.Join(unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &t),
		unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &t))
}

// send writes a message, and the descriptors that go with it.
func (c *conn) send(m any) error { return c.to.Encode(m) }

// brokenError is of a child whose messages make no sense: something has written to its memory.
type brokenError struct{ error }

func (e *brokenError) Unwrap() error { return e.error }

// receive reads a message. The error is io.EOF when the other end has ended between two, and a *brokenError when what came
// is no message.
func (c *conn) receive(m any) (err error) {
	defer func() { // gob does not promise to be proof against bytes that it has not written
		if bad := recover(); bad != nil {
			err = &brokenError{fmt.Errorf("a damaged message: %v", bad)}
		}
	}()
	if err = c.from.Decode(m); err != nil && !c.lost {
		return &brokenError{fmt.Errorf("a damaged message: %w", err)}
	}
	return err
}

// Read reads what there is, and keeps descriptors.
func (c *conn) Read(p []byte) (int, error) {
	n, oobn, _, _, err := unix.Recvmsg(c.fd, p, c.oob, unix.MSG_CMSG_CLOEXEC)
	switch {
	case errors.Is(err, unix.EINTR):
		return c.Read(p)
	case err == nil && n == 0:
		err = io.EOF
	}
	if err != nil {
		c.lost = true
		return 0, stalled(err)
	}
	return n, c.keep(c.oob[:oobn])
}

// stalled is errStalled where that is what a system call's error means.
func stalled(err error) error {
	if errors.Is(err, unix.EAGAIN) {
		return errStalled
	}
	return err
}

// keep keeps the descriptors of a message.
func (c *conn) keep(oob []byte) error {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return err
	}
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			return err
		}
		c.got = append(c.got, fds...)
	}
	return nil
}

// take returns the descriptor that came first.
func (c *conn) take(name string) (*os.File, error) {
	if len(c.got) == 0 {
		return nil, errors.New("a descriptor was promised and did not come")
	}
	fd := c.got[0]
	c.got = slices.Delete(c.got, 0, 1)
	return os.NewFile(uintptr(fd), name), nil
}

// Write writes all of p.
func (c *conn) Write(p []byte) (done int, err error) {
	for done < len(p) {
		var oob []byte
		if len(c.give) > 0 {
			oob = unix.UnixRights(c.give...)
		}
		n, err := unix.SendmsgN(c.fd, p[done:], oob, nil, unix.MSG_NOSIGNAL)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return done, stalled(err)
		}
		c.give = c.give[:0]
		done += n
	}
	return done, nil
}

func (c *conn) close() {
	_ = unix.Close(c.fd) // what it carried has been read or is of no use
	for _, fd := range c.got {
		_ = unix.Close(fd)
	}
}

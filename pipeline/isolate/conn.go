//go:build linux

package isolate

import (
	"encoding/gob"
	"fmt"
)

// conn carries messages between two processes of one program, four for each clip. encoding/gob describes a type once in a
// connection, and takes 50 µs for a clip's messages with an index of 300 frames.
type conn struct {
	*socket
	to   *gob.Encoder
	from *gob.Decoder
}

func newConn(s *socket) *conn {
	return &conn{socket: s, to: gob.NewEncoder(s), from: gob.NewDecoder(s)}
}

// message is what travels.
type message interface{ *request | *response }

// send writes a message, and the descriptors that go with it.
func send[M message](c *conn, m M) error { return c.to.Encode(m) }

// receive reads a message. The error is io.EOF when the other end has ended between two, and a *brokenError when what came
// is no message.
func receive[M message](c *conn, m M) (err error) {
	defer func() { // gob does not promise to be proof against bytes that it has not written
		if bad := recover(); bad != nil {
			err = &brokenError{fmt.Errorf("a damaged message: %v", bad)}
		}
	}()
	if err = c.from.Decode(m); err != nil && !c.ended {
		return &brokenError{fmt.Errorf("a damaged message: %w", err)}
	}
	return err
}

// brokenError is of a child whose messages make no sense: something has written to its memory.
type brokenError struct{ error }

func (e *brokenError) Unwrap() error { return e.error }

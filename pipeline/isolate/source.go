//go:build linux

package isolate

import (
	"errors"
	"io"
	"os"
)

// parentSource is a source of the parent's as its child reads it.
type parentSource struct {
	child        *child
	file         *os.File // nil: the parent reads
	offset, size int64
}

func (s *parentSource) Size() int64 { return s.size }

func (s *parentSource) ReadAt(p []byte, off int64) (done int, _ error) {
	if s.file != nil {
		return s.readFile(p, off)
	}
	for done < len(p) {
		answer, err := s.child.ask(&response{Kind: sayRead, Offset: off + int64(done), Count: min(len(p)-done, mostRead)}, giveBytes)
		n := copy(p[done:], answer.Bytes)
		if done += n; err != nil || n == 0 {
			return done, err
		}
	}
	return done, nil
}

// readFile reads as source's objects do.
func (s *parentSource) readFile(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), s.size-off)]
	n, err := s.file.ReadAt(want, s.offset+off)
	switch {
	case n == len(p):
		return n, nil
	case n == len(want):
		return n, io.EOF
	case err == nil || errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF // the file is shorter than it was
	}
	return n, err
}

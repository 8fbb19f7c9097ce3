//go:build linux

package isolate

import (
	"context"
	"errors"
	"io"
	"os"
)

// parentSource is a source of the parent's as its child reads it.
type parentSource struct {
	child        *child
	ctx          context.Context
	file         *os.File // nil: the parent reads
	offset, size int64
}

func (s *parentSource) Size() int64 { return s.size }

func (s *parentSource) ReadAt(p []byte, off int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if s.file != nil {
		return s.readFile(p, off)
	}
	done := 0
	for done < len(p) {
		n, err := s.ask(p[done:min(len(p), done+mostRead)], off+int64(done))
		if done += n; err != nil {
			return done, err
		}
	}
	return done, nil
}

// ask lets the parent read.
func (s *parentSource) ask(p []byte, off int64) (int, error) {
	if err := send(s.child.talk, &response{Kind: sayRead, Offset: off, Count: len(p)}); err != nil {
		return 0, err
	}
	answer, err := s.child.answer(giveBytes)
	if errors.Is(err, io.EOF) && answer.Err.Text == io.EOF.Error() {
		err = io.EOF
	}
	n := min(answer.Count, len(p))
	if n <= 0 {
		return 0, err
	}
	from, lost := s.child.bytes.readable(n)
	if lost != nil {
		return 0, lost
	}
	return copy(p, from), err
}

// readFile reads as source's objects do.
func (s *parentSource) readFile(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), s.size-off)]
	n, err := s.file.ReadAt(want, s.offset+off)
	switch {
	case n == len(want) && n == len(p):
		return n, nil
	case n == len(want):
		return n, io.EOF
	case err == nil || errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF // the file is shorter than it was
	}
	return n, err
}

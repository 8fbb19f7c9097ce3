//go:build linux

package isolate

import (
	"context"
	"errors"
	"io"
	"os"
)

// lent is the parent's source as the child reads it.
type lent struct {
	child        *child
	ctx          context.Context
	file         *os.File // nil: the parent reads
	offset, size int64
}

func (l *lent) Size() int64 { return l.size }

func (l *lent) ReadAt(p []byte, off int64) (int, error) {
	if l.file != nil {
		return l.readFile(p, off)
	}
	done := 0
	for done < len(p) {
		n, err := l.ask(p[done:min(len(p), done+mostRead)], off+int64(done))
		if done += n; err != nil {
			return done, err
		}
	}
	return done, nil
}

// ask lets the parent read.
func (l *lent) ask(p []byte, off int64) (int, error) {
	if err := l.child.wire.send(&word{Kind: sayRead, Offset: off, Count: len(p)}); err != nil {
		return 0, err
	}
	answer, err := l.child.answer(giveBytes)
	if errors.Is(err, io.EOF) && answer.Err.Text == io.EOF.Error() {
		err = io.EOF
	}
	n := min(answer.Count, len(p))
	if n <= 0 {
		return 0, err
	}
	from, lost := l.child.bytes.theirs(n)
	if lost != nil {
		return 0, lost
	}
	return copy(p, from), err
}

// readFile reads as source's objects do.
func (l *lent) readFile(p []byte, off int64) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	if off < 0 || off >= l.size {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), l.size-off)]
	n, err := l.file.ReadAt(want, l.offset+off)
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

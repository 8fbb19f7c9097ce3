package source

import (
	"context"
	"errors"
	"io"
	"sync"
)

// byteRange is random access to bytes that several objects may share, so every read brings its own context.
type byteRange interface {
	ReadAtContext(ctx context.Context, p []byte, off int64) (int, error)
	Size() int64
	Close() error
}

// part is an object: a stretch of a byte range, read under the context that the object was opened with.
type part struct {
	ctx     context.Context
	of      byteRange
	off     int64
	size    int64
	once    sync.Once
	release func() error
}

// newPart makes an object of a stretch; release gives up what it reads from.
func newPart(ctx context.Context, of byteRange, off, size int64, release func() error) *part {
	return &part{ctx: ctx, of: of, off: off, size: size, release: release}
}

func (p *part) Size() int64 { return p.size }

func (p *part) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read: the offset is negative")
	}
	if off >= p.size {
		return 0, io.EOF
	}
	want := b
	if int64(len(b)) > p.size-off {
		want = b[:p.size-off]
	}
	n, err := p.of.ReadAtContext(p.ctx, want, p.off+off)
	if n == len(want) {
		err = nil
		if n < len(b) {
			err = io.EOF
		}
	} else if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // the byte range is shorter than it was
	}
	return n, err
}

func (p *part) Close() error {
	var err error
	p.once.Do(func() { err = p.release() })
	return err
}

// local is a byte range of something that is read without waiting, such as a file or memory.
type local struct {
	io.ReaderAt
	size  int64
	close func() error // nil: nothing to close
}

func (l local) ReadAtContext(ctx context.Context, p []byte, off int64) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return l.ReadAt(p, off)
}

func (l local) Size() int64 { return l.size }

func (l local) Close() error {
	if l.close == nil {
		return nil
	}
	return l.close()
}

// sequential reads a byte range from its start under one context.
func sequential(ctx context.Context, e byteRange) *io.SectionReader {
	return io.NewSectionReader(underContext{ctx, e}, 0, e.Size())
}

type underContext struct {
	ctx context.Context
	byteRange
}

func (u underContext) ReadAt(p []byte, off int64) (int, error) {
	return u.ReadAtContext(u.ctx, p, off)
}

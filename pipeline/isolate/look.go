//go:build linux

package isolate

import (
	"context"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"padapter/decode"
)

// mostUnheard is how many answers are left before the parent is woken, unless that is time for another reason.
const mostUnheard = queueLength / 4

// leave leaves a file's answer for the parent.
func (c *child) leave(call uint64, done *word) error {
	if !c.found.put(call, whole, done) {
		return c.wire.send(done)
	}
	if c.unheard++; c.unheard >= mostUnheard || time.Since(c.rang) > queueAnnounce {
		return c.announce()
	}
	return nil
}

// announce wakes the parent if there is something that it has not heard of.
func (c *child) announce() error {
	if c.unheard == 0 {
		return nil
	}
	c.unheard, c.rang = 0, time.Now()
	return c.bell.ring()
}

// look does one call of the queue. The error is of the talk.
func (c *child) look(ctx context.Context, ask order) (done word, err error) {
	done.Kind = sayDone
	src, failed, err := c.queued(ctx, ask)
	if err != nil {
		return done, err
	}
	if failed != nil {
		done.Err = failureOf(failed)
		return done, nil
	}
	beforeCall(src)
	done.SHA256 = sumOf(src.bytes)
	info, failed := c.d.Info(ctx, src)
	if failed == nil {
		done.Known, done.Info = true, *info
		done.Info.Pts, done.Info.Keys, done.Info.Disposable = nil, nil, nil // nobody asks for them
	}
	if failed == nil && ask.All {
		c.found.put(ask.Call, soFar, &done) // one that is too long is missed only if this is the end
		done.Damaged, done.First, failed = damage(ctx, c.d, src, c.alive())
	}
	done.Err = failureOf(failed)
	return done, nil
}

// queued is a file that lies in the memory of the queue, or is read into this process's own.
func (c *child) queued(ctx context.Context, ask order) (src *queued, failed, err error) {
	n := int(ask.Size)
	if !ask.File {
		all, err := c.files.theirs(int(ask.Offset) + n + decode.Padding)
		if err != nil {
			return nil, nil, err
		}
		return &queued{all[ask.Offset:][: n : n+decode.Padding]}, nil, nil
	}
	file, err := c.talk.take("file")
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	if c.own == nil {
		if c.own, err = unix.Mmap(-1, 0, slotBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON); err != nil {
			return nil, nil, fmt.Errorf("memory for files: %w", err)
		}
	}
	all := c.own[: n+decode.Padding : n+decode.Padding]
	clear(all[n:])
	failed = readAll(&lent{child: c, ctx: ctx, file: file, size: ask.Size, offset: ask.Offset}, all[:n])
	return &queued{all[:n]}, failed, nil
}

// queued is a file in memory.
type queued struct{ bytes []byte }

func (q *queued) Size() int64    { return int64(len(q.bytes)) }
func (q *queued) Memory() []byte { return q.bytes }

func (q *queued) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(q.bytes)) {
		return 0, io.EOF
	}
	n := copy(p, q.bytes[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

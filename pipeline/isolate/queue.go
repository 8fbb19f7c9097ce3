//go:build linux

package isolate

import (
	"context"
	"fmt"
	"os"
	"time"

	"padapter/decode"
)

// queueLength is how many files the child may be told of; the parent opens them while it looks at those before.
const queueLength = 4

// slotBytes is the room for one file in the memory of a queue.
const slotBytes = MostQueued + 1<<16

// queue is the parent's side. The child answers in order, so it is at the first of the files that were sent.
type queue struct {
	slot  int64 // of the memory, that is used next
	files []waiting
	sent  int // of files, to the child that is running
}

type waiting struct {
	order
	lies *os.File // nil: in the slot
}

// Full is Decoder's.
func (c *client) Full() bool { return len(c.queue.files) == queueLength }

// Add is Decoder's. A child that cannot be started, or ends now, is Next's business.
func (c *client) Add(ctx context.Context, src decode.Source, all bool, limit time.Duration) error {
	if err := checkAdd(c, src.Size()); err != nil {
		return err
	}
	q := &c.queue
	file := waiting{order: order{Kind: askLook, Size: src.Size(), All: all, Left: limit}}
	if f, ok := src.(Filed); ok {
		file.lies, file.Offset, file.File = f.File()
	}
	if !file.File {
		file.Offset = q.slot * slotBytes
		if err := c.hold(src, file.Offset); err != nil {
			return err
		}
		q.slot = (q.slot + 1) % queueLength
	}
	c.call++
	file.Call = c.call
	q.files = append(q.files, file)
	if c.run(ctx) == nil {
		_ = c.tell(len(q.files))
	}
	return nil
}

// hold reads a file into a slot of the memory.
func (c *client) hold(src decode.Source, offset int64) error {
	memory, err := []byte(nil), c.open()
	if err == nil {
		memory, err = c.files.mine(queueLength * slotBytes)
	}
	if err != nil {
		return &decode.Error{Reason: decode.Failed, Op: "read", Err: err}
	}
	at := memory[offset:][:src.Size()+decode.Padding]
	clear(at[src.Size():])
	return readAll(src, at[:src.Size()])
}

// tell sends files to the child until it has so many.
func (c *client) tell(most int) error {
	for q := &c.queue; q.sent < most; {
		q.sent++
		file := &q.files[q.sent-1]
		if file.File {
			c.p.talk.send = int(file.lies.Fd())
		}
		if err := c.p.wire.send(&file.order); err != nil {
			return err
		}
	}
	return nil
}

// Next is Decoder's.
func (c *client) Next(ctx context.Context) (look Look, err error) {
	q := &c.queue
	if len(q.files) == 0 {
		return look, errNobody
	}
	defer func() {
		q.files = append(q.files[:0], q.files[1:]...)
		q.sent = max(0, q.sent-1)
	}()
	if err := c.run(ctx); err != nil {
		return look, err
	}
	file, patience := &q.files[0], c.patience(q.files[0].Size)
	within := ctx
	if file.Left > 0 { // from now on, for those before have been answered
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, file.Left)
		defer cancel()
	}
	most := len(q.files)
	err = c.persist(within, patience, func() error {
		if err := within.Err(); err != nil {
			return stopped("open", err)
		}
		if err := c.run(within); err != nil {
			return err
		}
		err := c.tell(most)
		most = 1 // the next time it is alone
		last := q.files[q.sent-1].Call
		release := c.leash(within, last)
		defer release()
		for err == nil {
			var w word
			if w, err = c.p.listen(patience); err != nil {
				break
			}
			if w.SHA256 != "" {
				look.SHA256 = w.SHA256
			}
			if w.Known {
				look.Info = &w.Info
			}
			switch w.Kind {
			case sayAlive:
			case sayDone:
				look.Damaged, look.First = w.Damaged, w.First
				return w.Err.error(nil)
			default:
				err = &brokenError{fmt.Errorf("the decoder's process said %d", w.Kind)}
			}
		}
		release()
		return c.bury(err)
	})
	return look, err
}

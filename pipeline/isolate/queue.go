//go:build linux

package isolate

import (
	"context"
	"fmt"
	"os"
	"time"

	"padapter/decode"
)

// A queue is as long as it takes to keep a child at work while its parent sleeps: waking a process costs as much as some
// files that take a millisecond. It is short where files take longer, so that they are spread over all children.
const (
	queueLength   = 64 // at most
	shortQueue    = 4
	queueWork     = 80 * time.Millisecond // for the child, in files that wait
	queueWatch    = 50 * time.Millisecond // how often the parent looks at a child that says nothing
	queueAnnounce = 20 * time.Millisecond // how long answers lie there while others are found, before the parent is woken
)

// slotBytes is the most room for one file in the memory of a queue, which holds heldBytes.
const (
	slotBytes = MostQueued + 1<<16
	heldBytes = shortQueue * slotBytes
)

// queue is the parent's side. The child answers in order, so it is at the first of the files that were sent.
type queue struct {
	files []waiting
	sent  int // of files, to the child that is running
	room  room
	pace  pace
}

type waiting struct {
	order
	lies *os.File // nil: in the memory
}

// Full is Decoder's.
func (c *client) Full() bool {
	q := &c.queue
	if n := len(q.files); n >= q.pace.length() || n >= shortQueue && lying.Load() >= mostLying() {
		return true
	}
	_, ok := q.room.place()
	return !ok
}

// Ready is Decoder's.
func (c *client) Ready() bool {
	q := &c.queue
	return len(q.files) > 0 && c.found.has(q.files[0].Call, whole)
}

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
		file.Offset, _ = q.room.place()
		if err := c.hold(src, file.Offset); err != nil {
			return err
		}
		q.room.take(file.Offset, src.Size()+decode.Padding)
	}
	c.call++
	file.Call = c.call
	q.files = append(q.files, file)
	lying.Add(1)
	if unsent := len(q.files) - q.sent; q.sent == 0 || unsent >= q.pace.length()/4 {
		if c.run(ctx) == nil {
			_ = c.tell(len(q.files))
		}
	}
	return nil
}

// hold reads a file into the memory of the queue.
func (c *client) hold(src decode.Source, offset int64) error {
	memory, err := []byte(nil), c.open()
	if err == nil {
		memory, err = c.files.mine(heldBytes)
	}
	if err != nil {
		return &decode.Error{Reason: decode.Failed, Op: "read", Err: err}
	}
	at := memory[offset:][:src.Size()+decode.Padding]
	clear(at[src.Size():])
	return readAll(src, at[:src.Size()])
}

// tell sends files to the child until it has so many, all in one message.
func (c *client) tell(most int) error {
	q := &c.queue
	if q.sent >= most {
		return nil
	}
	for i := range q.files[q.sent:most] {
		file := &q.files[q.sent+i]
		if err := c.p.wire.add(&file.order); err != nil {
			return err
		}
		if file.File {
			c.p.talk.send = append(c.p.talk.send, int(file.lies.Fd()))
		}
	}
	if err := c.p.wire.flush(); err != nil {
		return err
	}
	q.sent = most
	return nil
}

// Next is Decoder's.
func (c *client) Next(ctx context.Context) (look Look, err error) {
	q := &c.queue
	if len(q.files) == 0 {
		return look, errNobody
	}
	file, w := q.files[0], word{}
	defer func() {
		if !file.File {
			q.room.give()
		}
		q.files = append(q.files[:0], q.files[1:]...)
		q.sent = max(0, q.sent-1)
		lying.Add(-1)
		q.pace.took++
	}()
	if c.Ready() {
		err = c.answer(file.Call, whole, &w)
	} else {
		q.pace.set(time.Now())
		turn := turn{order: file.order, began: time.Now(), patience: c.patience(file.Size)} // those before have been answered
		most := len(q.files)
		err = c.persist(ctx, turn.patience, func() error {
			told := most
			most = 1 // the next time it is alone
			return c.await(ctx, &turn, told, &w)
		})
		if w.Kind == 0 && c.found.has(file.Call, soFar) { // it had no end
			_ = c.answer(file.Call, soFar, &w) // the first error counts
		}
	}
	if look.SHA256 = w.SHA256; w.Known {
		look.Info = &w.Info
	}
	look.Damaged, look.First = w.Damaged, w.First
	return look, err
}

// answer reads what the child has left. The error may be the file's.
func (c *client) answer(call uint64, which int, w *word) error {
	if err := c.found.get(call, which, w); err != nil {
		*w = word{}
		return &decode.Error{Reason: decode.Failed, Op: "decode", Err: err}
	}
	return w.Err.error(nil)
}

// turn is that of the first file of a queue.
type turn struct {
	order
	began    time.Time
	patience time.Duration
}

// await sends files and waits for the first one's answer. An *ended error means that the child has ended.
func (c *client) await(ctx context.Context, turn *turn, most int, w *word) error {
	if err := ctx.Err(); err != nil {
		return stopped("open", err)
	}
	if err := c.run(ctx); err != nil {
		return err
	}
	if err := c.tell(most); err != nil {
		return c.bury(err)
	}
	watch := watch{turn: turn, last: c.queue.files[c.queue.sent-1].Call, grace: c.opt.Grace, heard: time.Now()}
	for {
		said, err := c.p.wait(queueWatch)
		if c.found.has(turn.Call, whole) { // first, for what the child says may be the answer to a later file
			return c.answer(turn.Call, whole, w)
		}
		if err == nil && said {
			var got word
			if got, err = c.p.listen(turn.patience); err == nil {
				watch.heard = time.Now()
				switch got.Kind {
				case sayAlive:
				case sayDone: // it is too long to be left
					*w = got
					return w.Err.error(nil)
				default:
					err = &brokenError{fmt.Errorf("the decoder's process said %d", got.Kind)}
				}
			}
		}
		if err != nil {
			return watch.over(c.bury(err))
		}
		watch.look(ctx, c.p)
	}
}

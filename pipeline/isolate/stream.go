//go:build linux

package isolate

import (
	"context"

	"padapter/decode"
)

// Frames of a stream go through a ring of slots in the shared memory, half of it at a time.
const (
	mostSlots = 16
	ringBytes = 16 << 20
)

// ring is the child's side of it.
type ring struct {
	*child
	slots   int // even
	size    int // bytes of a slot
	memory  []byte
	pending []decode.Frame // put into the slots before next, and not told of
	next    int
	taken   int // slots that the parent was told of and has not given back
}

func (c *child) stream(ctx context.Context, src decode.Source) (*decode.Clip, error) {
	r := &ring{child: c}
	clip, err := c.d.Stream(ctx, src, r.plan, r.put)
	if flushed := r.drain(); err == nil {
		err = flushed
	}
	return clip, err
}

// plan asks the parent, which has then taken all frames so far.
func (r *ring) plan(info *decode.Info) (p decode.Plan, err error) {
	if err = r.drain(); err != nil {
		return p, err
	}
	if p, err = r.child.plan(info); err != nil || p.Width <= 0 || p.Height <= 0 || p.Width > 1<<15 || p.Height > 1<<15 {
		return p, err // decode says what is wrong with the plan
	}
	r.size = p.Width * p.Height * 3
	r.slots = max(2, min(mostSlots, ringBytes/r.size)&^1)
	r.next = 0
	r.memory, err = r.pixels.writable(r.slots * r.size)
	return p, err
}

// put puts a frame into the next slot.
func (r *ring) put(f decode.Frame, rgb []byte) error {
	for r.taken+len(r.pending) >= r.slots {
		if err := r.giveBack(); err != nil {
			return err
		}
	}
	copy(r.memory[r.next*r.size:], rgb[:r.size])
	r.next++
	r.pending = append(r.pending, f)
	if r.next%(r.slots/2) == 0 {
		return r.flush()
	}
	return nil
}

// flush tells the parent of what is pending.
func (r *ring) flush() error {
	n := len(r.pending)
	if n == 0 {
		return nil
	}
	if err := send(r.talk, &response{Kind: sayFrames, Count: r.next - n, Frames: r.pending}); err != nil {
		return err
	}
	r.pending, r.taken = r.pending[:0], r.taken+n
	if r.next == r.slots {
		r.next = 0
	}
	return nil
}

func (r *ring) giveBack() error {
	answer, err := r.answer(giveRoom)
	r.taken -= answer.Count
	return err
}

// drain waits until the parent has taken all frames.
func (r *ring) drain() error {
	err := r.flush()
	for r.taken > 0 {
		before := r.taken
		if failed := r.giveBack(); err == nil {
			err = failed
		}
		if r.taken == before { // the parent has said nothing of them
			return err
		}
	}
	return err
}

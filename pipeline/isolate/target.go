//go:build linux

package isolate

import (
	"fmt"
	"os"

	"padapter/decode"
)

// target is where a clip goes.
type target struct {
	asked  bool // the caller has said
	buf    []byte
	err    error // of the caller
	direct bool  // the child writes to it
}

// aim asks the caller where a clip goes, and tells the child where it can write there by itself.
func (p *process) aim(e *errand, answer *order) {
	e.target = target{}
	if e.dst == nil || answer.Err != (failure{}) || len(e.wanted.Indices) == 0 || e.wanted.Bytes() <= 0 {
		return
	}
	t := &e.target
	t.asked = true
	if t.buf, t.err = e.dst(e.wanted); t.err != nil || len(t.buf) != e.wanted.Bytes() {
		return // said when the child is done
	}
	for number, r := range p.known {
		if r.freed.Load() {
			answer.Gone = append(answer.Gone, number)
			delete(p.known, number)
		}
	}
	r, at := regionOf(t.buf)
	if page := os.Getpagesize(); r == nil || at%page != 0 || len(t.buf)%page != 0 {
		return
	}
	t.direct = true
	answer.Region, answer.Offset = r.number, int64(at)
	if p.known[r.number] == nil {
		p.known[r.number] = r
		answer.File, p.talk.send = true, append(p.talk.send, int(r.file.Fd()))
	}
}

// deliver puts a clip where it goes, unless the child has.
func (p *process) deliver(e *errand) error {
	t := &e.target
	if e.dst == nil || t.direct {
		return nil
	}
	pixels, err := p.pixels.theirs(e.wanted.Bytes())
	if err != nil {
		return &brokenError{err}
	}
	if !t.asked {
		t.buf, t.err = e.dst(e.wanted)
	}
	if t.err == nil && len(t.buf) != len(pixels) {
		t.err = fmt.Errorf("destination holds %d bytes, the plan needs %d", len(t.buf), len(pixels))
	}
	if t.err != nil {
		return &decode.Error{Reason: decode.Failed, Op: "plan", Err: t.err}
	}
	copy(t.buf, pixels)
	return nil
}

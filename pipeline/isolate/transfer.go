//go:build linux

package isolate

import (
	"fmt"
	"io"
	"slices"

	"padapter/decode"
)

// mostRead is the most bytes that are read at a time for a child.
const mostRead = 1 << 20

// read reads for the child. The error is about what it asked for.
func (p *process) read(e *call, w response) (answer request, err error) {
	if w.Count < 0 || w.Count > mostRead || w.Offset < 0 {
		return answer, fmt.Errorf("it asked for %d bytes at %d", w.Count, w.Offset)
	}
	buf, err := p.bytes.writable(w.Count)
	if err != nil {
		return answer, err
	}
	answer.Kind = giveBytes
	answer.Count, err = e.files[0].Source.ReadAt(buf, w.Offset)
	if answer.Err = causeOf(err); err != nil && err != io.EOF {
		e.given = err
	}
	return answer, nil
}

// frames hands on what the child has put into the ring. failed is the receiver's error.
func (p *process) frames(e *call, w response) (failed, err error) {
	size := e.wanted.Width * e.wanted.Height * 3
	if e.frame == nil || w.Count < 0 || w.Count > mostSlots || len(w.Frames) > mostSlots || size <= 0 {
		return nil, fmt.Errorf("it gave %d frames at %d", len(w.Frames), w.Count)
	}
	ring, err := p.pixels.readable((w.Count + len(w.Frames)) * size)
	if err != nil {
		return nil, err
	}
	for rgb := range slices.Chunk(ring[w.Count*size:], size) {
		if err := e.frame(w.Frames[0], rgb); err != nil {
			return err, nil
		}
		w.Frames = w.Frames[1:]
	}
	return nil, nil
}

// deliver copies a clip to where the caller wants it.
func (p *process) deliver(e *call) error {
	if e.dst == nil {
		return nil
	}
	pixels, err := p.pixels.readable(e.wanted.Bytes())
	if err != nil {
		return &brokenError{err}
	}
	buf, err := e.dst(e.wanted)
	if err == nil && len(buf) != len(pixels) {
		err = fmt.Errorf("destination holds %d bytes, the plan needs %d", len(buf), len(pixels))
	}
	if err != nil {
		return &decode.Error{Reason: decode.Failed, Op: "plan", Err: err}
	}
	copy(buf, pixels)
	return nil
}

//go:build linux

package isolate

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"padapter/decode"
)

// mostRead is the most bytes that are read at a time for a child.
const mostRead = 1 << 20

// talk gives the child the files of a call, unless it has them, and answers it until it is done with the first of them. The
// error is about the child.
func (c *client) talk(e *call) error {
	p := c.p
	if err := p.conn.limit(c.stallTimeout(e)); err != nil {
		return err
	}
	if c.ahead == 0 {
		if err := p.ask(e); err != nil {
			return err
		}
		c.ahead = len(e.files)
	}
	c.ahead--
	for {
		var said response
		if err := p.conn.receive(&said); err != nil {
			return err
		}
		var answer request
		var err error
		switch said.Kind {
		case sayFound:
			e.found = said.Found
			continue
		case sayDone:
			return p.done(e, said)
		case sayPlan:
			answer, err = e.answerPlan(said)
		case sayRead:
			answer, err = p.answerRead(e, said)
		case sayFrames:
			answer, err = p.answerFrames(e, said)
		default:
			err = fmt.Errorf("it said %d", said.Kind)
		}
		if err != nil {
			return &brokenError{err}
		}
		if err := p.conn.send(&answer); err != nil {
			return err
		}
	}
}

// ask sends the request, with the descriptors of files that the child can read by itself.
func (p *process) ask(e *call) error {
	r := request{Kind: e.kind, Inspect: e.inspect}
	for _, file := range e.files {
		about := fileRef{Size: file.Source.Size()}
		if f, ok := file.Source.(localSource); ok {
			var open *os.File
			if open, about.Offset, about.Open = f.File(); about.Open {
				about.Name = open.Name()
				p.conn.give = append(p.conn.give, int(open.Fd()))
			}
		}
		r.Files = append(r.Files, about)
	}
	return p.conn.send(&r)
}

// answerPlan plans. As of all answers, the error is about what the child said; that of the caller's is in the answer.
func (e *call) answerPlan(said response) (answer request, err error) {
	if e.plan == nil {
		return answer, errors.New("it asked for a plan")
	}
	e.planned = said.Clip.Info
	e.wanted, err = e.plan(&said.Clip.Info)
	return request{Kind: givePlan, Plan: e.wanted, Err: e.fails(err)}, nil
}

// answerRead reads for the child.
func (p *process) answerRead(e *call, said response) (answer request, err error) {
	if said.Count < 0 || said.Count > mostRead || said.Offset < 0 {
		return answer, fmt.Errorf("it asked for %d bytes at %d", said.Count, said.Offset)
	}
	p.read = slices.Grow(p.read[:0], said.Count)[:said.Count]
	n, err := e.files[0].Source.ReadAt(p.read, said.Offset)
	return request{Kind: giveBytes, Bytes: p.read[:n], Err: e.fails(err)}, nil
}

// answerFrames hands on frames of a stream, unless one was refused.
func (p *process) answerFrames(e *call, said response) (answer request, err error) {
	n, size := len(said.Clip.Frames), e.wanted.Width*e.wanted.Height*3
	if e.frame == nil || size <= 0 || n > mostFrames || said.Offset < 0 || said.Offset > 1<<40 {
		return answer, fmt.Errorf("it gave %d frames at %d", n, said.Offset)
	}
	pixels, err := p.pixels.readable(int(said.Offset) + n*size)
	if err != nil {
		return answer, err
	}
	for rgb := range slices.Chunk(pixels[said.Offset:], size) {
		if e.refused == nil {
			e.refused = e.frame(said.Clip.Frames[0], rgb)
		}
		said.Clip.Frames = said.Clip.Frames[1:]
	}
	return request{Kind: giveRoom, Err: e.fails(e.refused)}, nil
}

// fails describes an error of the caller's for the child and remembers it.
func (e *call) fails(err error) failure {
	if err != nil {
		e.given = err
	}
	return failureOf(err)
}

// done takes the outcome of the file, and copies a clip's pixels to where the caller wants them.
func (p *process) done(e *call, said response) error {
	e.found = said.Found
	if e.err = said.Err.error(e.given); e.refused != nil {
		e.err = &decode.Error{Reason: decode.Failed, Op: "plan", Err: e.refused}
	}
	if e.err != nil {
		return nil
	}
	if e.plan != nil {
		info := &said.Clip.Info
		info.Pts, info.Keys, info.Disposable = e.planned.Pts, e.planned.Keys, e.planned.Disposable
	}
	e.clip = &said.Clip
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
		e.clip, e.err = nil, &decode.Error{Reason: decode.Failed, Op: "plan", Err: err}
		return nil
	}
	copy(buf, pixels)
	return nil
}

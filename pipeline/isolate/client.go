//go:build linux

package isolate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"padapter/decode"
)

// Supported says whether New works on this system.
const Supported = true

// New returns a Decoder whose work is done in a child process. It starts with the first call.
func New(opt Options) (Decoder, error) {
	opt.Decoder.Log = nil
	check, err := decode.NewDecoder(opt.Decoder)
	if err != nil {
		return nil, err
	}
	return &client{opt: opt.withDefaults()}, check.Close()
}

type client struct {
	opt   Options
	p     *process // nil: none is running
	call  uint64
	files *memory // of the queue, like the next; nil: not needed yet
	left  *memory // answers in it
	found answers // in left
	queue queue
}

// Close ends the child. It fails when the child held native objects until its end, unless files are in the queue still.
func (c *client) Close() error {
	var err error
	if p := c.p; p != nil {
		c.p = nil
		if len(c.queue.files) > 0 {
			_ = p.cmd.Process.Kill() // nobody waits for what it is at
			p.end()
		} else {
			err = p.stop()
		}
	}
	lying.Add(-int64(len(c.queue.files)))
	for _, m := range []*memory{c.files, c.left} {
		if m != nil {
			_ = m.close() // nothing in it is needed
		}
	}
	c.files, c.left, c.found, c.queue = nil, nil, answers{}, queue{}
	return err
}

// errand is one call, and what it came to.
type errand struct {
	kind  uint8
	src   decode.Source
	plan  func(*decode.Info) (decode.Plan, error)
	frame func(f decode.Frame, rgb []byte) error

	info   decode.Info // planned for last
	wanted decode.Plan
	given  error // answered to the child last
	done   word
	dst    func(decode.Plan) ([]byte, error)
}

func (c *client) Info(ctx context.Context, src decode.Source) (*decode.Info, error) {
	e := &errand{kind: askInfo, src: src}
	if err := c.do(ctx, e); err != nil {
		return nil, err
	}
	return &e.done.Info, nil
}

func (c *client) Damage(ctx context.Context, src decode.Source) (damaged, first int, err error) {
	e := &errand{kind: askDamage, src: src}
	err = c.do(ctx, e)
	return e.done.Damaged, e.done.First, err
}

func (c *client) Clip(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), dst func(decode.Plan) ([]byte, error)) (*decode.Clip, error) {
	e := &errand{kind: askClip, src: src, plan: plan, dst: dst}
	if err := c.do(ctx, e); err != nil {
		return nil, err
	}
	return e.clip(), nil
}

func (c *client) Stream(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), fn func(f decode.Frame, rgb []byte) error) (*decode.Clip, error) {
	e := &errand{kind: askStream, src: src, plan: plan, frame: fn}
	if err := c.do(ctx, e); err != nil {
		return nil, err
	}
	return e.clip(), nil
}

func (e *errand) clip() *decode.Clip {
	info := e.done.Info
	info.Pts, info.Keys, info.Disposable = e.info.Pts, e.info.Keys, e.info.Disposable
	return &decode.Clip{Info: info, Frames: e.done.Frames, Warnings: e.done.Warnings, Work: e.done.Work}
}

// do does an errand, again if need be.
func (c *client) do(ctx context.Context, e *errand) error {
	if len(c.queue.files) > 0 {
		return &decode.Error{Reason: decode.Failed, Op: "open", Err: errors.New("files are in the queue")}
	}
	return c.persist(ctx, c.patience(e.src.Size()), func() error { return c.try(ctx, e) })
}

// persist tries until the child does not end over it, or has ended too often.
func (c *client) persist(ctx context.Context, patience time.Duration, try func() error) error {
	faults, kills, stuck := 0, 0, 0
	for {
		err := try()
		var end *ended
		if !errors.As(err, &end) {
			return err
		}
		slog.WarnContext(ctx, "a decoder's process ended and is started again", "decoding", nameOf(ctx), "ended by", end.what, "of itself", end.fault, "stuck", end.hung)
		if cause := ctx.Err(); cause != nil {
			return stopped("decode", fmt.Errorf("the decoder was ended: %w", cause))
		}
		switch {
		case end.late:
			return stopped("decode", fmt.Errorf("the decoder was ended: %w", context.DeadlineExceeded))
		case end.hung:
			if stuck++; stuck == mostFaults {
				return &decode.Error{Reason: decode.Timeout, Op: "decode", Err: fmt.Errorf("the decoder gave no sign of life for %s, twice, and was killed", patience)}
			}
		case end.fault:
			if faults++; faults == mostFaults {
				return &decode.Error{Reason: decode.Crash, Op: "decode", Err: fmt.Errorf("the file ends the decoder's process, twice: %s", end.what)}
			}
		default:
			if kills++; kills == mostKills {
				return &decode.Error{Reason: decode.Crash, Op: "decode", Err: fmt.Errorf("the decoder's process was killed %d times from outside: %s; is there too little memory?", kills, end.what)}
			}
			pause(ctx, kills)
		}
	}
}

// pause waits before the next attempt, longer from attempt to attempt, for whatever it was to pass. It ends with ctx.
func pause(ctx context.Context, attempt int) {
	wait := time.NewTimer(time.Duration(attempt*attempt) * 20 * time.Millisecond)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
}

// stopped is the error of a call whose context has ended.
func stopped(op string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &decode.Error{Reason: decode.Timeout, Op: op, Err: err}
	}
	return &decode.Error{Reason: decode.Canceled, Op: op, Err: err}
}

// patience is how long a child may give no sign of life over a file of so many bytes.
func (c *client) patience(size int64) time.Duration {
	return c.opt.Patience + time.Duration(size>>20)*time.Second
}

// start is preferred's.
func (c *client) start(ctx context.Context) error { return c.run(ctx) }

// run starts a child unless one is running.
func (c *client) run(ctx context.Context) error {
	for attempt := 1; c.p == nil; attempt++ {
		err := c.open()
		if err == nil {
			var p *process
			if p, err = start(c.opt, c.files, c.left); err == nil {
				c.p = p
				break
			}
		}
		if attempt == mostKills || ctx.Err() != nil {
			return &decode.Error{Reason: decode.Failed, Op: "open", Err: err}
		}
		pause(ctx, attempt)
	}
	return nil
}

// open makes the memory of the queue.
func (c *client) open() (err error) {
	if c.files == nil {
		if c.files, err = newMemory("padapter files"); err != nil {
			return err
		}
	}
	if c.left == nil {
		if c.left, err = newMemory("padapter answers"); err != nil {
			return err
		}
	}
	c.found.view, err = c.left.mine(allAnswers)
	return err
}

// bury waits for the end of a child that has ended, or has to. The error is an *ended one, or what was broken.
func (c *client) bury(err error) error {
	_ = c.p.cmd.Process.Kill() // after its end, or after what no child of ours says
	end := c.p.end()
	c.p, c.queue.sent = nil, 0
	var broken *brokenError
	if errors.As(err, &broken) {
		return &decode.Error{Reason: decode.Failed, Op: "decode", Err: broken}
	}
	return end
}

// try does an errand once. An *ended error means that the child has ended.
func (c *client) try(ctx context.Context, e *errand) (err error) {
	if err := ctx.Err(); err != nil {
		return stopped("open", err)
	}
	began := time.Now()
	if err := c.run(ctx); err != nil {
		return err
	}
	c.call++
	ask := order{Kind: e.kind, Call: c.call, Size: e.src.Size()}
	if deadline, ok := ctx.Deadline(); ok {
		ask.Left = max(1, deadline.Sub(began)) // starting is not the file's fault
	}
	var file *os.File
	if f, ok := e.src.(Filed); ok {
		file, ask.Offset, ask.File = f.File()
	}
	release := c.leash(ctx, c.call)
	defer release()
	if ask.File {
		ask.Name = file.Name()
		c.p.talk.send = append(c.p.talk.send, int(file.Fd()))
	}
	e.given, e.done = nil, word{}
	if err = c.p.wire.send(&ask); err == nil {
		err = c.serve(e)
	}
	var broken *brokenError
	if errors.As(err, &broken) || err != nil && !e.over() {
		release()
		return c.bury(err)
	}
	return err
}

// over says whether the child has said its last word on an errand.
func (e *errand) over() bool { return e.done.Kind == sayDone }

// brokenError is of a child that does not keep to the rules.
type brokenError struct{ error }

// leash makes the end of the context that of all calls up to one, and that of the child if it does not obey.
func (c *client) leash(ctx context.Context, call uint64) (release func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	var mu sync.Mutex
	var over bool
	var late *time.Timer
	p := c.p
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return
		}
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) { // the child has the deadline, too
			p.cancel(call)
		}
		late = time.AfterFunc(c.opt.Grace, func() {
			mu.Lock()
			defer mu.Unlock()
			if !over {
				_ = p.cmd.Process.Kill() // it may have ended by itself
			}
		})
	})
	return func() {
		stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		if late != nil {
			late.Stop()
		}
	}
}

// serve answers the child until it is done.
func (c *client) serve(e *errand) error {
	p, patience := c.p, c.patience(e.src.Size())
	var failed error // of frame
	for {
		w, err := p.listen(patience)
		if err != nil {
			return err
		}
		var answer order
		switch w.Kind {
		case sayAlive:
			continue
		case sayDone:
			e.done = w
			if failed != nil {
				return &decode.Error{Reason: decode.Failed, Op: "plan", Err: failed}
			}
			if err := w.Err.error(e.given); err != nil {
				return err
			}
			return p.deliver(e)
		case sayPlan:
			e.info = w.Info
			answer.Kind = givePlan
			var err error
			if answer.Plan, err = e.plan(&w.Info); err != nil {
				e.given, answer.Err = err, causeOf(err)
			}
			e.wanted = answer.Plan
		case sayRead:
			answer, err = p.read(e, w)
			if err != nil {
				return &brokenError{err}
			}
		case sayFrames:
			answer.Kind, answer.Count = giveRoom, len(w.Frames)
			if failed == nil {
				if failed, err = p.frames(e, w); err != nil {
					return &brokenError{err}
				}
			}
			if failed != nil {
				e.given, answer.Err = failed, causeOf(failed)
			}
		default:
			return &brokenError{fmt.Errorf("the decoder's process said %d", w.Kind)}
		}
		if err := p.wire.send(&answer); err != nil {
			return err
		}
	}
}

// mostRead is the most bytes that are read at a time for a child.
const mostRead = 1 << 20

// read reads for the child. The error is about what it asked for.
func (p *process) read(e *errand, w word) (answer order, err error) {
	if w.Count < 0 || w.Count > mostRead || w.Offset < 0 {
		return answer, fmt.Errorf("the decoder's process asked for %d bytes at %d", w.Count, w.Offset)
	}
	buf, err := p.bytes.mine(w.Count)
	if err != nil {
		return answer, err
	}
	answer.Kind = giveBytes
	answer.Count, err = e.src.ReadAt(buf, w.Offset)
	if answer.Err = causeOf(err); err != nil && err != io.EOF {
		e.given = err
	}
	return answer, nil
}

// frames hands on what the child has put into the ring. failed is the receiver's error.
func (p *process) frames(e *errand, w word) (failed, err error) {
	size := e.wanted.Width * e.wanted.Height * 3
	if w.Count < 0 || w.Count > mostSlots || len(w.Frames) > mostSlots || size <= 0 {
		return nil, fmt.Errorf("the decoder's process gave %d frames at %d", len(w.Frames), w.Count)
	}
	ring, err := p.pixels.theirs((w.Count + len(w.Frames)) * size)
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
func (p *process) deliver(e *errand) error {
	if e.dst == nil {
		return nil
	}
	pixels, err := p.pixels.theirs(e.wanted.Bytes())
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

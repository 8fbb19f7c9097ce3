//go:build linux

package isolate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"padapter/decode"
	"padapter/pipeline/timelimit"
)

// Supported says whether newChild works on this system.
const Supported = true

// newChild returns a Decoder whose work is done in a child process. It starts with the first call.
func newChild(opt options) (Decoder, error) {
	opt.Decoder.Log = nil
	check, err := decode.NewDecoder(opt.Decoder)
	if err != nil {
		return nil, err
	}
	return &client{opt: opt.withDefaults()}, check.Close()
}

// client is the parent's side of a decoder in a child process.
type client struct {
	opt   options
	p     *process // nil: none is running
	calls uint64   // how many files the child was given, which numbers them
}

// Close ends the child. It fails when the child held native objects until its end.
func (c *client) Close() error {
	p := c.p
	if p == nil {
		return nil
	}
	c.p = nil
	return p.stop()
}

// Start starts a child unless one is running. It tries again when the system is short of processes or descriptors. A time
// limit of the context does not count that.
func (c *client) Start(ctx context.Context) error {
	if c.p == nil {
		defer timelimit.Pause(ctx)()
	}
	for attempt := 1; c.p == nil; attempt++ {
		p, err := start(c.opt)
		if err == nil {
			c.p = p
			break
		}
		if attempt == mostKills || ctx.Err() != nil || lasting(err) {
			return &decode.Error{Reason: decode.Failed, Op: "open", Err: err}
		}
		c.pause(ctx, attempt)
	}
	return nil
}

// lasting says of the error of a start that another attempt gives it again.
func lasting(err error) bool {
	return errors.Is(err, errNested) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported)
}

// call is one request and what it came to.
type call struct {
	request
	files []File          // that are still to be answered; the child is at the first
	ctx   context.Context // of the first
	found Inspection      // of the first, so far

	plan  func(*decode.Info) (decode.Plan, error)
	frame func(f decode.Frame, rgb []byte) error
	dst   func(decode.Plan) ([]byte, error)
	next  func(w response) error // takes the answer to the first file, where there may be several

	info   decode.Info // planned for last
	wanted decode.Plan
	given  error // answered to the child last
	done   response
}

// oneFile is a call about one file.
func oneFile(ctx context.Context, kind uint8, src decode.Source) *call {
	return &call{request: request{Kind: kind}, files: []File{{Source: src}}, ctx: ctx}
}

// Info is Decoder's.
func (c *client) Info(ctx context.Context, src decode.Source) (*decode.Info, error) {
	e := oneFile(ctx, askInfo, src)
	if err := c.retry(e); err != nil {
		return nil, err
	}
	return &e.done.Info, nil
}

// Clip is Decoder's.
func (c *client) Clip(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), dst func(decode.Plan) ([]byte, error)) (*decode.Clip, error) {
	e := oneFile(ctx, askClip, src)
	e.plan, e.dst = plan, dst
	if err := c.retry(e); err != nil {
		return nil, err
	}
	return e.clip(), nil
}

// Stream is Decoder's.
func (c *client) Stream(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), fn func(f decode.Frame, rgb []byte) error) (*decode.Clip, error) {
	e := oneFile(ctx, askStream, src)
	e.plan, e.frame = plan, fn
	if err := c.retry(e); err != nil {
		return nil, err
	}
	return e.clip(), nil
}

func (e *call) clip() *decode.Clip {
	info := e.done.Info
	info.Pts, info.Keys, info.Disposable = e.info.Pts, e.info.Keys, e.info.Disposable
	return &decode.Clip{Info: info, Frames: e.done.Frames, Warnings: e.done.Warnings, Work: e.done.Work}
}

// try makes a request once. An *ended error means that the child has ended.
func (c *client) try(e *call) error {
	if e.ctx.Err() != nil {
		return stopped("open", context.Cause(e.ctx))
	}
	if err := c.Start(e.ctx); err != nil {
		return err
	}
	e.request.Call = c.calls + 1
	c.calls += uint64(len(e.files))
	e.request.Files = e.request.Files[:0]
	for _, file := range e.files {
		about := fileRef{Size: file.Source.Size()}
		if f, ok := file.Source.(localSource); ok {
			var open *os.File
			if open, about.Offset, about.Open = f.File(); about.Open {
				about.Name = open.Name()
				c.p.talk.send = append(c.p.talk.send, int(open.Fd()))
			}
		}
		e.request.Files = append(e.request.Files, about)
	}
	e.given, e.found, e.done = nil, Inspection{}, response{}
	err := send(c.p.talk, &e.request)
	if err == nil {
		err = c.follow(e)
	}
	var broken *brokenError
	if err != nil && e.done.Kind != sayDone || errors.As(err, &broken) {
		return c.reap(err)
	}
	if e.next != nil {
		return err
	}
	return withCause(e.ctx, err)
}

// follow serves the child until it has said all.
func (c *client) follow(e *call) error {
	number := e.request.Call
	runtime.LockOSThread() // it is this thread that the child's answers wake
	defer runtime.UnlockOSThread()
	waited := c.p.waited(unix.Gettid())
	for {
		release, count := c.watch(e.ctx, number), timelimit.Discount(e.ctx, waited)
		err := c.serve(e)
		count()
		release()
		if err != nil || e.next == nil || e.done.Kind != sayDone {
			return err
		}
		if err := e.next(e.done); err != nil {
			return err
		}
		if len(e.files) == 0 {
			return nil
		}
		number++
		e.given, e.found, e.done = nil, Inspection{}, response{}
	}
}

// serve answers the child until it is done with a file.
func (c *client) serve(e *call) error {
	p, stall := c.p, c.stallTimeout(e)
	var failed error // of frame
	for {
		w, err := p.listen(stall)
		if err != nil {
			return err
		}
		var answer request
		switch w.Kind {
		case sayAlive:
			continue
		case sayKnown:
			e.found = w.inspection()
			continue
		case sayDone:
			e.done = w
			if failed != nil {
				return &decode.Error{Reason: decode.Failed, Op: "plan", Err: failed}
			}
			if e.next != nil {
				return nil
			}
			if err := w.Err.error(e.given); err != nil {
				return err
			}
			return p.deliver(e)
		case sayPlan:
			if e.plan == nil {
				return &brokenError{errors.New("it asked for a plan")}
			}
			e.info = w.Info
			answer.Kind = givePlan
			if answer.Plan, err = e.plan(&w.Info); err != nil {
				e.given, answer.Err = err, causeOf(err)
			}
			e.wanted = answer.Plan
		case sayRead:
			if answer, err = p.read(e, w); err != nil {
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
			return &brokenError{fmt.Errorf("it said %d", w.Kind)}
		}
		if err := send(p.talk, &answer); err != nil {
			return err
		}
	}
}

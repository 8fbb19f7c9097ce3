//go:build linux

package isolate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"padapter/decode"
	"padapter/pipeline/timelimit"
)

// mostFaults and mostKills are how often a child may end by itself, and by somebody else's doing, over one file. mostKills
// is also how often a child is started in vain.
const (
	mostFaults = 2
	mostKills  = 5
)

// do makes a request until the child does not end over it, or has ended too often. Each attempt has the context's whole
// time limit: how long a child took to die says nothing about the file.
func (c *client) do(e *call) error {
	faults, kills, stalls := 0, 0, 0
	for {
		end, err := c.try(e)
		if end == nil {
			return withCause(e.ctx, err)
		}
		if cause := context.Cause(e.ctx); cause != nil {
			return stopped("decode", fmt.Errorf("the decoder was ended: %w", cause))
		}
		name, _ := e.ctx.Value(nameKey{}).(string)
		slog.WarnContext(e.ctx, "a decoder's process ended and is started again", "decoding", name, "ended by", end.what, "of itself", end.fault, "stalled", end.stalled)
		e.files = e.files[:1]
		timelimit.Restart(e.ctx)
		switch {
		case end.stalled:
			if stalls++; stalls == mostFaults {
				return &decode.Error{Reason: decode.Timeout, Op: "decode", Err: fmt.Errorf("the decoder gave no sign of life for %s, twice, and was killed", c.stallTimeout(e))}
			}
		case end.fault:
			if faults++; faults == mostFaults {
				return &decode.Error{Reason: decode.Crash, Op: "decode", Err: fmt.Errorf("the file ends the decoder's process, twice: %s", end.what)}
			}
		default:
			if kills++; kills == mostKills {
				return &decode.Error{Reason: decode.Crash, Op: "decode", Err: fmt.Errorf("the decoder's process was killed %d times from outside: %s; is there too little memory?", kills, end.what)}
			}
			c.pause(e.ctx, kills)
		}
	}
}

// try makes a request once. It says how the child ended, if it has, or else what the error was.
func (c *client) try(e *call) (*ended, error) {
	if cause := context.Cause(e.ctx); cause != nil {
		c.drop()
		return nil, stopped("open", cause)
	}
	if err := c.start(e.ctx); err != nil {
		return nil, err
	}
	runtime.LockOSThread() // it is this thread that the child's answers wake
	defer runtime.UnlockOSThread()
	defer timelimit.Discount(e.ctx, c.p.waited(unix.Gettid()))()
	e.outcome = outcome{}
	release := context.AfterFunc(e.ctx, c.p.kill)
	err := c.talk(e)
	if killed := !release(); killed || err != nil {
		if end := c.reap(err); err != nil {
			return end, nil
		}
	}
	return nil, e.err
}

// start starts a child unless one is running. It tries again when the system is short of processes or descriptors. A time
// limit of the context does not count that.
func (c *client) start(ctx context.Context) error {
	if c.p != nil {
		return nil
	}
	defer timelimit.Pause(ctx)()
	for attempt := 1; ; attempt++ {
		p, err := startProcess(c.opt)
		if err == nil {
			c.p = p
			return nil
		}
		if attempt == mostKills || ctx.Err() != nil || lasting(err) {
			return &decode.Error{Reason: decode.Failed, Op: "open", Err: fmt.Errorf("start a decoder's process (--isolate=false does without): %w", err)}
		}
		c.pause(ctx, attempt)
	}
}

// lasting says of the error of a start that another attempt gives it again.
func lasting(err error) bool {
	return errors.Is(err, errNested) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported)
}

// pause waits before the next attempt, twice as long from attempt to attempt, so that a shortage of memory, processes or
// descriptors can pass. It ends with ctx.
func (c *client) pause(ctx context.Context, attempt int) {
	wait := time.NewTimer(c.opt.Pause << (attempt - 1))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
}

// stallTimeout is how long the child may give no sign of life over the file that it is at.
func (c *client) stallTimeout(e *call) time.Duration {
	return c.opt.StallTimeout + time.Duration(e.files[0].Source.Size()>>20)*time.Second
}

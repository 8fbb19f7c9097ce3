//go:build linux

package isolate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"padapter/decode"
	"padapter/pipeline/timelimit"
)

// retry makes a request until the child does not end over it, or has ended too often. Where there are several files, those
// that were answered before the child's end are done, and the one that it was at is tried again alone. Each attempt has the
// context's whole time limit: how long a child took to die says nothing about the file.
func (c *client) retry(e *call) error {
	faults, kills, stalls := 0, 0, 0
	for {
		err := c.try(e)
		var end *ended
		if !errors.As(err, &end) {
			return err
		}
		slog.WarnContext(e.ctx, "a decoder's process ended and is started again", "decoding", nameOf(e.ctx), "ended by", end.what, "of itself", end.fault, "stalled", end.stalled)
		if cause := context.Cause(e.ctx); cause != nil {
			return stopped("decode", fmt.Errorf("the decoder was ended: %w", cause))
		}
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

// reap ends the child, unless it has ended, and waits for it. The error is an *ended one.
func (c *client) reap(err error) error {
	_ = c.p.cmd.Process.Kill() // it may have ended by itself
	end := c.p.end()
	c.p = nil
	var broken *brokenError
	if errors.As(err, &broken) {
		end.fault, end.what = true, broken.Error()
	}
	return end
}

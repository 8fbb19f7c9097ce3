// Package timelimit bounds the time that is spent on a piece of work. Unlike a context's deadline, its clock can be paused
// while the work waits for somebody else, and leave out the time in which the work was ready and the machine was not.
package timelimit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Clock counts the time that is spent on a piece of work and cancels the work's context when that is more than a limit.
// It counts wall time except for pauses and what Discount leaves out. A clock without a limit does nothing.
type Clock struct {
	limit  time.Duration
	cancel context.CancelCauseFunc
	timer  *time.Timer // nil: there is no limit

	mu     sync.Mutex
	left   time.Duration
	since  time.Time // when left was right, unless paused
	pauses int       // under way

	waited  func() time.Duration // see Discount; nil: nothing is left out
	counted time.Duration        // of what waited told, which was given back
}

// limitError is the cause of a context whose clock ran out. It wraps context.DeadlineExceeded.
type limitError struct{ limit time.Duration }

func (e *limitError) Error() string {
	return fmt.Sprintf("it took longer than the limit of %s", e.limit)
}

func (e *limitError) Unwrap() error { return context.DeadlineExceeded }

type key struct{}

// Start starts a clock; 0 is no limit. Stop it in the end. The context has no deadline that Deadline would tell.
func Start(ctx context.Context, limit time.Duration) (context.Context, *Clock) {
	if limit <= 0 {
		return ctx, &Clock{}
	}
	c := &Clock{limit: limit, left: limit, since: time.Now()}
	ctx, c.cancel = context.WithCancelCause(ctx)
	c.timer = time.AfterFunc(limit, c.expire)
	return context.WithValue(ctx, key{}, c), c
}

// Exceeded is the limitError of a context whose clock ran out, or nil.
func Exceeded(ctx context.Context) error {
	var e *limitError
	if errors.As(context.Cause(ctx), &e) {
		return e
	}
	return nil
}

// Pause pauses the clock of a context, if it has one, until resume is called.
func Pause(ctx context.Context) (resume func()) {
	if c, ok := ctx.Value(key{}).(*Clock); ok {
		return c.Pause()
	}
	return func() {}
}

// Restart gives the work of a context the whole limit again, if it has a clock.
func Restart(ctx context.Context) {
	if c, ok := ctx.Value(key{}).(*Clock); ok {
		c.Restart()
	}
}

// Pause pauses the clock until resume is called. Pauses may overlap.
func (c *Clock) Pause() (resume func()) {
	if c.timer == nil {
		return func() {}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pauses++; c.pauses == 1 {
		c.timer.Stop()
		if c.left -= time.Since(c.since); c.left <= 0 { // whether the timer has come or not
			if c.left += c.discount(); c.left <= 0 {
				c.cancel(&limitError{c.limit})
			}
		}
	}
	return sync.OnceFunc(c.resume)
}

func (c *Clock) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pauses--; c.pauses == 0 {
		c.since = time.Now()
		c.timer.Reset(c.left)
	}
}

// leastDiscount is what is too little to wait for.
const leastDiscount = time.Millisecond

// expire is called when the time is over, unless some of it is to be left out.
func (c *Clock) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pauses > 0 { // a pause began meanwhile; what is left is for its end to see
		return
	}
	if more := c.discount(); more >= leastDiscount {
		c.left, c.since = more, time.Now()
		c.timer.Reset(more)
		return
	}
	c.cancel(&limitError{c.limit})
}

// discount is what waited tells beyond what was given back. It needs c.mu held.
func (c *Clock) discount() time.Duration {
	if c.waited == nil {
		return 0
	}
	all := c.waited()
	more := max(0, all-c.counted)
	c.counted = max(c.counted, all)
	return more
}

// Discount makes the clock of a context, if it has one, leave out what waited tells until release is called: for how long
// the work was ready to go on and the machine did not let it, as a sum that grows. One Discount at a time has effect.
func Discount(ctx context.Context, waited func() time.Duration) (release func()) {
	c, ok := ctx.Value(key{}).(*Clock)
	if !ok || c.timer == nil {
		return func() {}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waited, c.counted = waited, waited()
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		more := c.discount()
		c.waited = nil
		switch {
		case more < leastDiscount:
		case c.pauses > 0:
			c.left += more
		case c.timer.Stop(): // otherwise the time was over
			now := time.Now()
			c.left, c.since = c.left-now.Sub(c.since)+more, now
			c.timer.Reset(c.left)
		}
	})
}

// Restart gives the work the whole limit again.
func (c *Clock) Restart() {
	if c.timer == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.discount() // of the time before
	c.left, c.since = c.limit, time.Now()
	if c.pauses == 0 {
		c.timer.Reset(c.left)
	}
}

// Stop frees the clock and ends its context.
func (c *Clock) Stop() {
	if c.timer != nil {
		c.timer.Stop()
		c.cancel(nil)
	}
}

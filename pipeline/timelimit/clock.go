// Package timelimit bounds the time that is spent on a piece of work. Unlike a context's deadline, its clock can be paused
// while the work waits for somebody else.
package timelimit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Clock counts the time that is spent on a piece of work and cancels the work's context when that is more than a limit.
// It counts wall time except for pauses. A clock without a limit does nothing.
type Clock struct {
	limit  time.Duration
	cancel context.CancelCauseFunc
	timer  *time.Timer // nil: there is no limit

	mu     sync.Mutex
	left   time.Duration
	since  time.Time // when left was right, unless paused
	pauses int       // under way
}

// Error is the cause of a context whose clock ran out. It wraps context.DeadlineExceeded.
type Error struct{ Limit time.Duration }

func (e *Error) Error() string { return fmt.Sprintf("it took longer than the limit of %s", e.Limit) }

func (e *Error) Unwrap() error { return context.DeadlineExceeded }

type key struct{}

// Start starts a clock; 0 is no limit. Stop it in the end. The context has no deadline that Deadline would tell.
func Start(ctx context.Context, limit time.Duration) (context.Context, *Clock) {
	if limit <= 0 {
		return ctx, &Clock{}
	}
	c := &Clock{limit: limit, left: limit, since: time.Now()}
	ctx, c.cancel = context.WithCancelCause(ctx)
	c.timer = time.AfterFunc(limit, func() { c.cancel(&Error{limit}) })
	return context.WithValue(ctx, key{}, c), c
}

// Exceeded is the Error of a context whose clock ran out, or nil.
func Exceeded(ctx context.Context) error {
	var e *Error
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

// Pause pauses the clock until resume is called. Pauses may overlap.
func (c *Clock) Pause() (resume func()) {
	if c.timer == nil {
		return func() {}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pauses++; c.pauses == 1 {
		c.timer.Stop()
		c.left -= time.Since(c.since)
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

// Restart gives the work the whole limit again.
func (c *Clock) Restart() {
	if c.timer == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
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

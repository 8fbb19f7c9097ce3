package timelimit

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ended says how long after its beginning the context ended, 0 when it had not within an hour.
func ended(ctx context.Context, began time.Time) time.Duration {
	select {
	case <-ctx.Done():
		return time.Since(began)
	case <-time.After(time.Hour):
		return 0
	}
}

// share tells one part of so many of the time that has gone by.
func share(parts time.Duration) func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) / parts }
}

func TestClock(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		limit time.Duration
		do    func(ctx context.Context, c *Clock)
		want  time.Duration
	}{
		"no limit": {0, func(ctx context.Context, c *Clock) { c.Pause()(); c.Restart() }, 0},
		"plain":    {5 * s, func(context.Context, *Clock) {}, 5 * s},
		"paused":   {5 * s, func(_ context.Context, c *Clock) { resume := c.Pause(); time.Sleep(20 * s); resume() }, 25 * s},
		"by ctx":   {5 * s, func(ctx context.Context, _ *Clock) { defer Pause(ctx)(); time.Sleep(20 * s) }, 25 * s},
		"late":     {5 * s, func(_ context.Context, c *Clock) { time.Sleep(4 * s); r := c.Pause(); time.Sleep(9 * s); r(); r() }, 14 * s},
		"overlap": {5 * s, func(_ context.Context, c *Clock) {
			a, b := c.Pause(), c.Pause()
			time.Sleep(s)
			a()
			time.Sleep(s)
			b()
		}, 7 * s},
		"half the time is left out": {5 * s, func(ctx context.Context, _ *Clock) { Discount(ctx, share(2)) }, 10 * s},
		"left out for a while": {5 * s, func(ctx context.Context, _ *Clock) {
			release := Discount(ctx, share(2))
			time.Sleep(4 * s)
			release()
			release()
		}, 7 * s},
		"left out in a pause": {5 * s, func(ctx context.Context, c *Clock) {
			release := Discount(ctx, share(2))
			time.Sleep(4 * s)
			resume := c.Pause()
			release()
			time.Sleep(9 * s)
			resume()
		}, 16 * s},
		"nothing is left out": {5 * s, func(ctx context.Context, _ *Clock) { Discount(ctx, func() time.Duration { return time.Hour }) }, 5 * s},
		"left out before a restart": {5 * s, func(ctx context.Context, c *Clock) {
			Discount(ctx, share(2))
			time.Sleep(4 * s)
			c.Restart()
		}, 14 * s},
		"restarted": {5 * s, func(_ context.Context, c *Clock) { time.Sleep(4 * s); c.Restart() }, 9 * s},
		"restarted in a pause": {5 * s, func(_ context.Context, c *Clock) {
			time.Sleep(4 * s)
			resume := c.Pause()
			c.Restart()
			time.Sleep(9 * s)
			resume()
		}, 18 * s},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, clock := Start(t.Context(), c.limit)
				defer clock.Stop()
				if _, has := ctx.Deadline(); has {
					t.Error("the context tells of a deadline")
				}
				c.do(ctx, clock)
				// Less than leastDiscount is not waited for, again and again.
				if got := ended(ctx, began); got != c.want && (c.want-got < 0 || c.want-got > 2*leastDiscount || !strings.Contains(name, "left out")) {
					t.Errorf("ended after %s, want %s", got, c.want)
				}
				err := Exceeded(ctx)
				if (err != nil) != (c.want > 0) || err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the context's end is put down to %v", err)
				}
			})
		})
	}
}

// A pause that begins when the time is over ends the context, whether the timer has come or not.
func TestPauseComesTooLate(t *testing.T) {
	ctx, clock := Start(t.Context(), time.Nanosecond)
	defer clock.Stop()
	for began := time.Now(); time.Since(began) < time.Microsecond; {
	}
	defer clock.Pause()()
	if Exceeded(ctx) == nil {
		t.Error("the time is over, and the context goes on")
	}
}

func TestEndOfTheContextIsNotTheClocks(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	ctx, clock := Start(parent, time.Hour)
	defer clock.Stop()
	cancel()
	<-ctx.Done()
	if err := Exceeded(ctx); err != nil {
		t.Errorf("canceled, but %v", err)
	}
	Pause(t.Context())() // there is no clock
}

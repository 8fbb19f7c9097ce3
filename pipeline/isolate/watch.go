//go:build linux

package isolate

import (
	"context"
	"sync"
	"time"
)

// watch makes a context's end that of the call with a number and those before it, and kills the child if it goes on for
// longer than the grace period. Nothing happens after release.
func (c *client) watch(ctx context.Context, number uint64) (release func()) {
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
		p.cancel(number)
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

//go:build linux

package isolate

import (
	"context"
	"errors"
	"time"
)

// watch ends the child that takes too long over the first file of a queue.
type watch struct {
	turn     *turn
	last     uint64 // call of the queue
	grace    time.Duration
	heard    time.Time // when it last said something
	canceled time.Time // when it was told to stop; zero: it was not
	late     bool
}

// look is called again and again while the child is waited for.
func (w *watch) look(ctx context.Context, p *process) {
	now := time.Now()
	if ctx.Err() != nil && w.canceled.IsZero() {
		w.canceled = now
		p.cancel(w.last)
	}
	switch {
	case !w.canceled.IsZero() && now.Sub(w.canceled) > w.grace:
		_ = p.cmd.Process.Kill() // it may have ended by itself
	case w.turn.Left > 0 && now.Sub(w.turn.began) > w.turn.Left+w.grace: // the child knows its time, too
		w.late = true
		_ = p.cmd.Process.Kill() // likewise
	case now.Sub(w.heard) > w.turn.patience:
		p.giveUp()
	}
}

// over says of the error of a child that was ended whether it was late.
func (w *watch) over(err error) error {
	var end *ended
	if errors.As(err, &end) {
		end.late = w.late
	}
	return err
}

package ui

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// plainEvery is the least time between two plain or JSON progress reports of one task: often enough to see life,
// rare enough that a log of a day's run stays readable.
const plainEvery = 2 * time.Second

// Task is one piece of work whose progress is shown. Its methods may be called from several goroutines and are
// cheap enough to call for every record. The nil Task shows nothing.
type Task struct {
	console *Console
	stage   string
	start   time.Time
	bar     *progressbar.ProgressBar

	mu     sync.Mutex
	done   int64
	total  int64
	detail string
	last   time.Time
}

// Start shows a new task. total is the number of items, or 0 when it is not known yet.
func (c *Console) Start(stage string, total int64) *Task {
	if c.mode == Quiet {
		return nil
	}
	now := time.Now()
	t := &Task{console: c, stage: stage, start: now, total: total, last: now}
	if c.mode == Plain && c.terminal {
		length := total
		if length <= 0 {
			length = -1
		}
		t.bar = progressbar.NewOptions64(length,
			progressbar.OptionSetWriter(lockedWriter{c}),
			progressbar.OptionSetDescription(stage),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetWidth(24),
		)
	}
	return t
}

// Set says how far the task is. detail is a short text such as "loss 1.234".
func (t *Task) Set(done, total int64, detail string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done, t.detail = done, detail
	if t.bar != nil {
		if total > 0 && total != t.total {
			t.bar.ChangeMax64(total)
		}
		t.total = total
		if detail != "" {
			t.bar.Describe(t.stage + " " + detail)
		}
		_ = t.bar.Set64(done)
		return
	}
	t.total = total
	if now := time.Now(); now.Sub(t.last) >= plainEvery {
		t.last = now
		t.report("progress")
	}
}

// Finish shows the task's end, once.
func (t *Task) Finish() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bar != nil {
		_ = t.bar.Finish()
	}
	t.report("done")
}

func (t *Task) report(event string) {
	elapsed := time.Since(t.start)
	rate := float64(t.done) / max(elapsed.Seconds(), 1e-9)
	if t.console.mode == JSON {
		_ = t.console.event(map[string]any{
			"event": event, "stage": t.stage, "done": t.done, "total": t.total,
			"seconds": elapsed.Seconds(), "per_second": rate, "detail": t.detail,
		})
		return
	}
	line := fmt.Sprintf("%s: %d", t.stage, t.done)
	if t.total > 0 {
		line += fmt.Sprintf("/%d", t.total)
	}
	line += fmt.Sprintf(", %.1f/s", rate)
	switch {
	case event == "done":
		line += fmt.Sprintf(", took %s", elapsed.Round(100*time.Millisecond))
	case t.total > t.done && t.done > 0:
		left := time.Duration(float64(elapsed) * float64(t.total-t.done) / float64(t.done))
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	if t.detail != "" {
		line += ", " + t.detail
	}
	t.console.mu.Lock()
	defer t.console.mu.Unlock()
	fmt.Fprintln(t.console.stderr, line)
}

// lockedWriter lets the bar and the console's notes share stderr.
type lockedWriter struct{ c *Console }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	return w.c.stderr.Write(p)
}

var _ io.Writer = lockedWriter{}

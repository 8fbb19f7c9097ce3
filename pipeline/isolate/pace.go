//go:build linux

package isolate

import "time"

// pace is how fast a child answers.
type pace struct {
	most  int // files in the queue; 0: not known yet
	took  int // answers since
	since time.Time
}

// length is how many files the queue takes.
func (p *pace) length() int { return max(p.most, shortQueue) }

// set is called when the parent has to wait.
func (p *pace) set(now time.Time) {
	if p.took > 0 && !p.since.IsZero() {
		each := max(1, now.Sub(p.since)/time.Duration(p.took))
		p.most = int(min(queueWork/each, queueLength))
	}
	p.took, p.since = 0, now
}

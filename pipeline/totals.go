package pipeline

import "sync"

// Totals sums up units.
type Totals struct {
	Kept   int    `json:"kept"` // units that had been done before
	Made   int    `json:"made"` // the others that are done
	Rows   int    `json:"rows"` // of both
	Errors int    `json:"errors"`
	Bytes  int64  `json:"bytes"`
	Counts Counts `json:"counts"` // of what was done now

	UnderWay Progress `json:"under_way"` // of units that are not done, as far as known
}

// Add counts a unit.
func (t *Totals) Add(r Result) {
	if r.Kept {
		t.Kept++
	} else {
		t.Made++
	}
	t.Rows += r.Rows
	t.Errors += r.Errors
	t.Bytes += r.Bytes
	t.Counts = t.Counts.plus(r.Counts)
}

// ProgressAggregator sums up the units that this process does and tells a watcher of it. It may be used by several goroutines.
type ProgressAggregator struct {
	Watch func(Totals) // may be nil

	mu     sync.Mutex
	totals Totals
	under  map[int]Progress // by unit
}

// Progress notes how far a unit is.
func (t *ProgressAggregator) Progress(u Unit, now Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.under == nil {
		t.under = map[int]Progress{}
	}
	t.note(u, now)
	t.tell()
}

// Done notes a unit's result.
func (t *ProgressAggregator) Done(u Unit, r Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note(u, Progress{})
	delete(t.under, u.Number)
	t.totals.Add(r)
	t.tell()
}

// note needs t.mu held.
func (t *ProgressAggregator) note(u Unit, now Progress) {
	was := t.under[u.Number]
	sum := &t.totals.UnderWay
	sum.Done, sum.Total, sum.Failed = sum.Done+now.Done-was.Done, sum.Total+now.Total-was.Total, sum.Failed+now.Failed-was.Failed
	if t.under != nil {
		t.under[u.Number] = now
	}
}

// tell needs t.mu held.
func (t *ProgressAggregator) tell() {
	if t.Watch != nil {
		t.Watch(t.totals)
	}
}

// Totals returns the sums so far.
func (t *ProgressAggregator) Totals() Totals {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.totals
}

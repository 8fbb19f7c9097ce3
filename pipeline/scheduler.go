package pipeline

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// scheduler leases a fixed number of decoders to the units under way. Each unit (a call of Clips, SlidingWindows or the
// packing of media) has a queue, and each row or video a ticket in it, in the unit's order. The head of a queue is its
// first ticket that is not done. A head gets a decoder as soon as one is free. Others get one only if after that there is
// a decoder left for each head that has none yet.
//
// No deadlock: whoever holds a lease may wait for its unit's reader, and so for what comes before it in its unit, until
// that is done with decoding and read. A head waits for nobody but the reader. So it is enough that always a head holds a
// lease or a decoder is free, for heads end and free ones go to heads. That holds in the beginning. The grant to a head
// keeps it. The grant to another keeps it: either a head has no lease, then a decoder is left, or all heads have one.
// The end of a lease frees a decoder. A new head that holds no lease follows one that held none, or whose lease just
// ended. Readers must not wait for other units of the same scheduler.
type scheduler struct {
	mu     sync.Mutex
	free   int
	queues []*queue
	asked  uint64 // requests so far
	closed bool
	leased sync.WaitGroup
}

// errClosed is of a lease of decoders that are closed.
var errClosed = errors.New("the decoders are closed")

// queue is one unit's. All fields are the scheduler's.
type queue struct {
	scheduler *scheduler
	tickets   []*ticket // that are not done, in the unit's order
}

// ticket is the right to one lease. The fields are the scheduler's.
type ticket struct {
	queue *queue
	state ticketState
	asked uint64        // which request it was, unless idle
	ready chan struct{} // closed when the request is answered
}

// ticketState says how far a ticket is.
type ticketState int8

const (
	idle    ticketState = iota // the decoder is not needed yet
	waiting                    // for a decoder
	leased
	done
)

func newScheduler(decoders int) *scheduler { return &scheduler{free: decoders} }

// open begins a unit's queue.
func (s *scheduler) open() *queue {
	q := &queue{scheduler: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues = append(s.queues, q)
	return q
}

// close ends a queue whose tickets are done.
func (q *queue) close() {
	s := q.scheduler
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queues = slices.DeleteFunc(s.queues, func(other *queue) bool { return other == q })
	s.grant()
}

// ticket is the next in the unit's order. It has to be done in the end.
func (q *queue) ticket() *ticket {
	t := &ticket{queue: q, ready: make(chan struct{})}
	q.scheduler.mu.Lock()
	defer q.scheduler.mu.Unlock()
	q.tickets = append(q.tickets, t)
	return t
}

// lease waits for a decoder. It may be called once. On an error the ticket is done.
func (t *ticket) lease(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		t.done()
		return err
	}
	s := t.queue.scheduler
	s.mu.Lock()
	s.asked++
	t.state, t.asked = waiting, s.asked
	if s.closed {
		close(t.ready)
	}
	s.grant()
	s.mu.Unlock()
	select {
	case <-t.ready:
	case <-ctx.Done():
		t.done()
		return context.Cause(ctx)
	}
	s.mu.Lock()
	refused := t.state != leased
	s.mu.Unlock()
	if refused {
		t.done()
		return errClosed
	}
	return nil
}

// done says that no decoder is needed any more. It ends the lease, if there is one. Calling it again does nothing.
func (t *ticket) done() {
	s := t.queue.scheduler
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.state == done {
		return
	}
	if t.state == leased {
		s.free++
		s.leased.Done()
	}
	t.state = done
	t.queue.tickets = slices.DeleteFunc(t.queue.tickets, func(other *ticket) bool { return other == t })
	s.grant()
}

// grant leases free decoders. It needs s.mu held, like choose.
func (s *scheduler) grant() {
	for s.free > 0 && !s.closed {
		t := s.choose()
		if t == nil {
			return
		}
		s.free--
		s.leased.Add(1)
		t.state = leased
		close(t.ready)
	}
}

// choose returns the ticket that gets the next decoder, nil for none: of the heads that wait, the one that asked first.
// If no head waits, of the first ones that wait in each queue, the one that asked first, if enough decoders are left.
func (s *scheduler) choose() *ticket {
	var head, other *ticket
	reserved := 0
	for _, q := range s.queues {
		if len(q.tickets) == 0 {
			continue
		}
		switch first := q.tickets[0]; first.state {
		case idle:
			reserved++
		case waiting:
			head = earlier(head, first)
			continue
		}
		if i := slices.IndexFunc(q.tickets, func(t *ticket) bool { return t.state == waiting }); i >= 0 {
			other = earlier(other, q.tickets[i])
		}
	}
	if head != nil {
		return head
	}
	if s.free > reserved {
		return other
	}
	return nil
}

// earlier is the ticket that asked first; a may be nil.
func earlier(a, b *ticket) *ticket {
	if a == nil || b.asked < a.asked {
		return b
	}
	return a
}

// close refuses all leases from now on and waits for the end of those that there are.
func (s *scheduler) close() {
	s.mu.Lock()
	s.closed = true
	for _, q := range s.queues {
		for _, t := range q.tickets {
			if t.state == waiting {
				close(t.ready)
			}
		}
	}
	s.mu.Unlock()
	s.leased.Wait()
}

package pipeline

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"padapter/pipeline/isolate"
)

// asks requests a lease in the background and says in the end how that ended.
func asks(ctx context.Context, t *ticket) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- t.lease(ctx) }()
	synctest.Wait()
	return answer
}

func has(t *testing.T, answer <-chan error, want bool) {
	t.Helper()
	synctest.Wait()
	select {
	case err := <-answer:
		if !want || err != nil {
			t.Errorf("an answer came: %v; want a lease: %t", err, want)
		}
	default:
		if want {
			t.Error("there is no lease")
		}
	}
}

func TestDecoderIsKeptForTheHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(3)
		a, b := s.open(), s.open()
		a0, a1, a2, a3 := a.ticket(), a.ticket(), a.ticket(), a.ticket()
		b0 := b.ticket()
		second := asks(t.Context(), a1)
		has(t, second, true) // two are left for the heads
		third := asks(t.Context(), a2)
		has(t, third, false)
		fourth := asks(t.Context(), a3)
		has(t, asks(t.Context(), b0), true)
		has(t, third, false) // one is left, for the head
		has(t, asks(t.Context(), a0), true)
		a0.done()
		has(t, third, true) // heads hold theirs
		a2.done()
		has(t, fourth, true)
		for _, ticket := range []*ticket{a1, a1, a3, b0} { // twice does nothing
			ticket.done()
		}
		if s.free != 3 {
			t.Errorf("%d decoders are free", s.free)
		}
	})
}

func TestLeasesAreGivenInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(1)
		q := s.open()
		first := q.ticket()
		var waiting [3]*ticket
		for i := range waiting {
			waiting[i] = q.ticket()
		}
		has(t, asks(t.Context(), first), true)
		var answers [3]<-chan error
		for i := 2; i >= 0; i-- { // the last asks first
			answers[i] = asks(t.Context(), waiting[i])
		}
		before := first
		for i, ticket := range waiting {
			for _, later := range answers[i:] {
				has(t, later, false)
			}
			before.done()
			has(t, answers[i], true)
			before = ticket
		}
	})
}

func TestRequestsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScheduler(1)
		q := s.open()
		first, second, third := q.ticket(), q.ticket(), q.ticket()
		has(t, asks(t.Context(), first), true)
		ctx, cancel := context.WithCancelCause(t.Context())
		answer, last := asks(ctx, second), asks(t.Context(), third)
		enough := errors.New("enough")
		cancel(enough)
		if err := <-answer; !errors.Is(err, enough) {
			t.Errorf("a canceled request ended with %v", err)
		}
		if err := q.ticket().lease(ctx); !errors.Is(err, enough) {
			t.Errorf("a request of a canceled context ended with %v", err)
		}
		closed := make(chan struct{})
		go func() { s.close(); close(closed) }()
		if err := <-last; !errors.Is(err, errClosed) {
			t.Errorf("a request ended with %v when the scheduler was closed", err)
		}
		synctest.Wait()
		select {
		case <-closed:
			t.Error("closed while there is a lease")
		default:
		}
		first.done()
		<-closed
		if err := q.ticket().lease(t.Context()); !errors.Is(err, errClosed) {
			t.Errorf("a request after closing ended with %v", err)
		}
		q.close()
		if s.free != 1 || len(s.queues) != 0 {
			t.Errorf("%d decoders are free, %d queues are left", s.free, len(s.queues))
		}
	})
}

// Videos hold their decoder until those before them are read, the worst that a unit does. Whatever the numbers and the
// order of requests, all end.
func TestSchedulerIsFreeOfDeadlocks(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			s := newScheduler(1 + rng.IntN(4))
			var all sync.WaitGroup
			for range 1 + rng.IntN(5) {
				q := s.open()
				before := make(chan struct{})
				close(before)
				slots := make(chan struct{}, 1+rng.IntN(4))
				var waits [20][2]time.Duration
				for i := range waits {
					waits[i] = [2]time.Duration{time.Duration(rng.IntN(50)), time.Duration(rng.IntN(50))}
				}
				all.Go(func() {
					var unit sync.WaitGroup
					for i, wait := range waits {
						slots <- struct{}{}
						ticket, previous, read := q.ticket(), before, make(chan struct{})
						before = read
						unit.Go(func() {
							defer func() { <-slots }()
							defer ticket.done()
							time.Sleep(wait[0]) // opening
							if i%7 != 3 {       // that one is not to be found
								if err := ticket.lease(t.Context()); err != nil {
									t.Error(err)
								}
								time.Sleep(wait[1])
							}
							<-previous
							close(read)
						})
					}
					unit.Wait()
					q.close()
				})
			}
			all.Wait() // a deadlock fails the test: all goroutines of the bubble are blocked
		})
	}
}

func TestPanicEndsTheLease(t *testing.T) {
	d := NewDecoders(1, DecodersOptions{})
	queue := d.scheduler.open()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		_ = d.with(t.Context(), queue.ticket(), func(isolate.Decoder) error { panic("no") })
	}()
	if err := d.with(t.Context(), queue.ticket(), func(isolate.Decoder) error { return nil }); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := d.with(t.Context(), queue.ticket(), func(isolate.Decoder) error { return nil }); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

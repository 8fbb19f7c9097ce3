package source

import (
	"context"
	"errors"
	"io"
	"sync"
)

// refCache keeps what is costly to open, each under a key, open while it is in use and, up to a limit, after that.
type refCache[T io.Closer] struct {
	limit int // of those kept unused

	mu      sync.Mutex
	entries map[string]*cached[T]
	clock   int64
	closed  bool
}

type cached[T io.Closer] struct {
	gate  chan struct{} // full while someone opens it
	value T
	ready bool // guarded by gate; once set it stays
	users int  // guarded by the pool's mu, as is the next
	used  int64
}

func newRefCache[T io.Closer](limit int) *refCache[T] {
	return &refCache[T]{limit: limit, entries: map[string]*cached[T]{}}
}

// acquire gives what is under a key, which open makes when nobody has; release must be called once after use. Of several
// callers one opens and the others wait; when it fails or is cancelled, the next one tries.
func (p *refCache[T]) acquire(ctx context.Context, key string, open func() (T, error)) (value T, release func() error, err error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return value, nil, errors.New("the source is closed")
	}
	e := p.entries[key]
	if e == nil {
		e = &cached[T]{gate: make(chan struct{}, 1)}
		p.entries[key] = e
	}
	e.users++
	p.mu.Unlock()

	select {
	case e.gate <- struct{}{}:
	case <-ctx.Done():
		return value, nil, errors.Join(ctx.Err(), p.release(key, e))
	}
	if !e.ready {
		if e.value, err = open(); err == nil {
			e.ready = true
		}
	}
	<-e.gate
	if err != nil {
		return value, nil, errors.Join(err, p.release(key, e))
	}
	return e.value, func() error { return p.release(key, e) }, nil
}

func (p *refCache[T]) release(key string, e *cached[T]) error {
	p.mu.Lock()
	e.users--
	p.clock++
	e.used = p.clock
	var drop []*cached[T]
	if e.users == 0 && (p.closed || !e.ready) {
		if p.entries[key] == e {
			delete(p.entries, key)
		}
		drop = append(drop, e)
	}
	for {
		oldest, unused := "", 0
		for k, other := range p.entries {
			if other.users > 0 {
				continue
			}
			unused++
			if oldest == "" || other.used < p.entries[oldest].used {
				oldest = k
			}
		}
		if unused <= p.limit {
			break
		}
		drop = append(drop, p.entries[oldest])
		delete(p.entries, oldest)
	}
	p.mu.Unlock()
	return closeAll(drop)
}

// close closes what isn't in use now and the rest when its users release it.
func (p *refCache[T]) close() error {
	p.mu.Lock()
	p.closed = true
	var drop []*cached[T]
	for key, e := range p.entries {
		if e.users == 0 {
			drop = append(drop, e)
			delete(p.entries, key)
		}
	}
	p.mu.Unlock()
	return closeAll(drop)
}

func closeAll[T io.Closer](entries []*cached[T]) error {
	var errs []error
	for _, e := range entries {
		if e.ready {
			errs = append(errs, e.value.Close())
		}
	}
	return errors.Join(errs...)
}

package batch

import (
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Pool is an allocator that keeps large memory when it is freed and gives it out again, uncleared, so that batches of one
// size after another neither clear nor fault in fresh pages. It holds on to at most its limit; the rest, and small
// memory, goes to the allocator below. Builder takes only the pixels from a Pool. It may be used by several goroutines.
type Pool struct {
	below memory.Allocator
	limit int // bytes

	mu   sync.Mutex
	kept [][]byte // the one freed last is at the end
	held int      // bytes of kept
}

// minPooled is the least memory worth keeping.
const minPooled = 256 << 10

// NewPool keeps up to limit bytes of what it allocates from below.
func NewPool(below memory.Allocator, limit int) *Pool { return &Pool{below: below, limit: limit} }

// Allocate gives memory whose content is not defined.
func (p *Pool) Allocate(size int) []byte {
	if size < minPooled {
		return p.below.Allocate(size)
	}
	p.mu.Lock()
	for i := len(p.kept) - 1; i >= 0; i-- {
		if b := p.kept[i]; cap(b) >= size && cap(b)-size <= size/8 {
			p.kept = append(p.kept[:i], p.kept[i+1:]...)
			p.held -= cap(b)
			p.mu.Unlock()
			return b[:size]
		}
	}
	p.mu.Unlock()
	return p.below.Allocate(size)
}

// Reallocate changes the size of memory, in place where it can.
func (p *Pool) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) && (cap(b) >= minPooled || size < minPooled) {
		return b[:size]
	}
	if cap(b) < minPooled && size < minPooled {
		return p.below.Reallocate(size, b[:cap(b)])
	}
	grown := p.Allocate(size)
	copy(grown, b)
	p.Free(b)
	return grown
}

// Free takes memory back.
func (p *Pool) Free(b []byte) {
	b = b[:cap(b)]
	if len(b) < minPooled {
		p.below.Free(b)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = append(p.kept, b)
	for p.held += len(b); p.held > p.limit && len(p.kept) > 0; {
		oldest := p.kept[0]
		p.kept = append(p.kept[:0], p.kept[1:]...)
		p.held -= len(oldest)
		p.below.Free(oldest)
	}
}

// Drain gives back all that is kept, and from then on nothing is kept.
func (p *Pool) Drain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.kept {
		p.below.Free(b)
	}
	p.kept, p.held, p.limit = nil, 0, 0
}

package source

import (
	"container/list"
	"sync"
)

// lruCache keeps the last pieces that were read out of compressed containers, whose neighbours are usually wanted next
// and in nearly the same order. It holds no more bytes than its limit.
type lruCache struct {
	limit int64

	mu    sync.Mutex
	bytes int64
	order list.List // of *piece, oldest use first
	at    map[pieceKey]*list.Element
}

type pieceKey struct {
	of   any // the container
	name string
}

type piece struct {
	key  pieceKey
	data []byte
}

func newLRUCache(limit int64) *lruCache {
	return &lruCache{limit: limit, at: map[pieceKey]*list.Element{}}
}

// get gives a piece, which nobody may change.
func (r *lruCache) get(of any, name string) ([]byte, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.at[pieceKey{of, name}]
	if !ok {
		return nil, false
	}
	r.order.MoveToBack(e)
	return e.Value.(*piece).data, true
}

// put keeps a piece; one that is larger than a quarter of the limit is let go at once.
func (r *lruCache) put(of any, name string, data []byte) {
	if int64(len(data)) > r.limit/4 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	key := pieceKey{of, name}
	if _, ok := r.at[key]; ok {
		return
	}
	r.at[key] = r.order.PushBack(&piece{key, data})
	r.bytes += int64(len(data))
	for r.bytes > r.limit {
		r.remove(r.order.Front())
	}
}

// forget lets go of all pieces of a container.
func (r *lruCache) forget(of any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for e := r.order.Front(); e != nil; {
		next := e.Next()
		if e.Value.(*piece).key.of == of {
			r.remove(e)
		}
		e = next
	}
}

func (r *lruCache) remove(e *list.Element) {
	p := r.order.Remove(e).(*piece)
	delete(r.at, p.key)
	r.bytes -= int64(len(p.data))
}

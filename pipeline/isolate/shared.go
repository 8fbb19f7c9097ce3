//go:build linux

package isolate

import (
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	arrow "github.com/apache/arrow/go/v17/arrow/memory"
	"golang.org/x/sys/unix"
)

// minShared is the least memory that is shared.
const minShared = 256 << 10

// Shared returns an allocator of memory that children can write to by themselves: clips whose size and place are
// multiples of a page then need no copy. What is small comes from below.
func Shared(below arrow.Allocator) arrow.Allocator { return shared{below} }

type shared struct{ below arrow.Allocator }

// region is one piece of shared memory.
type region struct {
	number uint64
	file   *os.File
	view   []byte
	freed  atomic.Bool
}

// lent out are all regions of this process that are not freed.
var lentOut struct {
	sync.Mutex
	last    uint64
	regions map[*byte]*region
}

// Allocate gives zeroed memory.
func (s shared) Allocate(size int) []byte {
	if size < minShared {
		return s.below.Allocate(size)
	}
	page := os.Getpagesize()
	r, err := newRegion(size + (page-size%page)%page)
	if err != nil {
		return s.below.Allocate(size)
	}
	lentOut.Lock()
	defer lentOut.Unlock()
	if lentOut.regions == nil {
		lentOut.regions = map[*byte]*region{}
	}
	lentOut.last++
	r.number = lentOut.last
	lentOut.regions[&r.view[0]] = r
	return r.view[:size]
}

// Reallocate changes the size of memory, in place where it can.
func (s shared) Reallocate(size int, b []byte) []byte {
	_, at := regionOf(b)
	switch {
	case at >= 0 && size <= cap(b):
		return b[:size]
	case at < 0 && size < minShared:
		return s.below.Reallocate(size, b)
	}
	moved := s.Allocate(size)
	copy(moved, b)
	s.Free(b)
	return moved
}

// Free takes memory back. No decoder may be writing to it.
func (s shared) Free(b []byte) {
	lentOut.Lock()
	r := lentOut.regions[unsafe.SliceData(b)]
	if r != nil {
		delete(lentOut.regions, unsafe.SliceData(b))
	}
	lentOut.Unlock()
	if r == nil {
		s.below.Free(b)
		return
	}
	r.freed.Store(true)
	_ = unix.Munmap(r.view) // it was mapped
	_ = r.file.Close()      // nothing in it is needed
}

// newRegion makes a whole number of pages.
func newRegion(size int) (*region, error) {
	m, err := newMemory("padapter clips")
	if err != nil {
		return nil, err
	}
	if err := unix.Ftruncate(int(m.file.Fd()), int64(size)); err != nil {
		_ = m.close()
		return nil, err
	}
	if err := m.remap(size, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		_ = m.close()
		return nil, err
	}
	return &region{file: m.file, view: m.view}, nil
}

// regionOf is the region that memory lies in, and where; -1 for other memory.
func regionOf(b []byte) (*region, int) {
	if cap(b) == 0 {
		return nil, -1
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	lentOut.Lock()
	defer lentOut.Unlock()
	for first, r := range lentOut.regions {
		if from := uintptr(unsafe.Pointer(first)); at >= from && at < from+uintptr(len(r.view)) {
			return r, int(at - from)
		}
	}
	return nil, -1
}

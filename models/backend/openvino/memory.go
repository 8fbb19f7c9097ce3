//go:build linux && amd64 && cgo

package openvino

/*
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"sync/atomic"
	"unsafe"
)

// alignment is where the library's widest vector loads like memory to begin, in bytes.
const alignment = 64

// errMemory is returned when the machine has no memory for a buffer.
var errMemory = errors.New("there is not enough memory")

// memory is a block outside of the Go heap, shared by a buffer and the executables that read constants from it. It is
// freed when the last of them lets go.
type memory struct {
	address unsafe.Pointer
	size    int // bytes
	users   atomic.Int32
}

// newMemory returns a block with one user. Its contents are undefined.
func newMemory(size int) (*memory, error) {
	m := &memory{size: size}
	if C.posix_memalign(&m.address, alignment, C.size_t(max(size, 1))) != 0 {
		return nil, errMemory
	}
	m.users.Store(1)
	return m, nil
}

func (m *memory) bytes() []byte { return unsafe.Slice((*byte)(m.address), m.size) }

func (m *memory) retain() *memory {
	m.users.Add(1)
	return m
}

func (m *memory) release() {
	if m.users.Add(-1) == 0 {
		C.free(m.address)
	}
}

// only reports whether nobody but the caller uses the block.
func (m *memory) only() bool { return m.users.Load() == 1 }

package decode

// #include <stdint.h>
import "C"

import (
	"context"
	"errors"
	"io"
	"runtime/cgo"
	"unsafe"
)

// feed gives FFmpeg a source that is too big for memory through FFmpeg's custom I/O.
type feed struct {
	ctx    context.Context
	src    Source
	handle cgo.Handle
	err    error // the first error of the source
}

func (f *feed) register() C.uintptr_t {
	f.handle = cgo.NewHandle(f)
	return C.uintptr_t(f.handle)
}

func (f *feed) release() { f.handle.Delete() }

//export paRead
func paRead(handle C.uintptr_t, offset C.int64_t, buf *C.uint8_t, n C.int) C.int {
	f := cgo.Handle(handle).Value().(*feed)
	if f.err = errors.Join(f.err, f.ctx.Err()); f.err != nil {
		return -1
	}
	got, err := f.src.ReadAt(unsafe.Slice((*byte)(unsafe.Pointer(buf)), int(n)), int64(offset))
	if err != nil && err != io.EOF && got == 0 {
		f.err = err
		return -1
	}
	return C.int(got)
}

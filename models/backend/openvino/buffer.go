//go:build linux && amd64 && cgo

package openvino

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// buffer is a tensor in memory that the library and Go both read.
type buffer struct {
	backend *Backend
	shape   shapes.Shape
	memory  *memory // nil once finalized
	frozen  bool    // graphs may make its values constants
}

var errFinalized = errors.New("the buffer was finalized")

func (b *Backend) newBuffer(shape shapes.Shape) (*buffer, error) {
	if _, err := elementOf(shape.DType); err != nil {
		return nil, err
	}
	m, err := newMemory(int(shape.ByteSize()))
	if err != nil {
		return nil, fmt.Errorf("allocate a tensor %s of %d bytes: %w", shape, shape.ByteSize(), err)
	}
	return &buffer{backend: b, shape: shape, memory: m}, nil
}

// BufferFromFlatData copies values into a new buffer.
func (b *Backend) BufferFromFlatData(_ compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	made, err := b.newBuffer(shape)
	if err != nil {
		return nil, err
	}
	from := dtypes.UnsafeByteSliceFromAny(flat)
	if len(from) != made.memory.size {
		made.memory.release()
		return nil, fmt.Errorf("copy values into a tensor %s: %d bytes were given, %d are needed", shape, len(from), made.memory.size)
	}
	copy(made.memory.bytes(), from)
	return made, nil
}

// HasSharedBuffers returns true: buffers are memory of this process.
func (b *Backend) HasSharedBuffers() bool { return true }

// NewSharedBuffer allocates a buffer and returns its values, which are undefined.
func (b *Backend) NewSharedBuffer(_ compute.DeviceNum, shape shapes.Shape) (compute.Buffer, any, error) {
	made, err := b.newBuffer(shape)
	if err != nil {
		return nil, nil, err
	}
	flat, err := made.Data()
	return made, flat, err
}

// KeepConstant lets graphs make the values of a buffer constants. They must not change while such a graph is used.
func (b *Backend) KeepConstant(values compute.Buffer) error {
	own, ok := values.(*buffer)
	if !ok || own.backend != b {
		return errors.New("the buffer belongs to another backend")
	}
	own.frozen = true
	return nil
}

func (b *buffer) Backend() compute.Backend { return b.backend }

func (b *buffer) Finalize() error {
	if b.memory != nil {
		b.memory.release()
		b.memory = nil
	}
	return nil
}

func (b *buffer) Shape() (shapes.Shape, error) { return b.shape, nil }

func (b *buffer) DeviceNum() (compute.DeviceNum, error) { return 0, nil }

func (b *buffer) ToFlatData(flat any) error {
	if b.memory == nil {
		return errFinalized
	}
	to := dtypes.UnsafeByteSliceFromAny(flat)
	if len(to) != b.memory.size {
		return fmt.Errorf("read a tensor %s: room for %d bytes, it has %d", b.shape, len(to), b.memory.size)
	}
	copy(to, b.memory.bytes())
	return nil
}

func (b *buffer) Data() (any, error) {
	if b.memory == nil {
		return nil, errFinalized
	}
	n := b.shape.Size()
	kind := reflect.ArrayOf(n, b.shape.DType.GoType())
	return reflect.NewAt(kind, unsafe.Pointer(b.memory.address)).Elem().Slice(0, n).Interface(), nil
}

func (b *buffer) CopyToDevice(compute.DeviceNum) (compute.Buffer, error) {
	if b.memory == nil {
		return nil, errFinalized
	}
	made, err := b.backend.newBuffer(b.shape)
	if err != nil {
		return nil, err
	}
	copy(made.memory.bytes(), b.memory.bytes())
	return made, nil
}

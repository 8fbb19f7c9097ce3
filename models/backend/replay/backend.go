package replay

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// Backend runs graphs on another backend after removing their dead nodes.
type Backend struct {
	compute.Backend
	// Refine, if not nil, replaces the compile step. bytes is the total size of the graph's intermediate values.
	Refine func(compile func() (compute.Executable, error), bytes int64) (Refined, error)
}

// Refined is a compiled graph of the engine. It may take inputs after those of the graph, and it may not know the
// shapes of scalar outputs.
type Refined struct {
	compute.Executable
	More    []compute.Buffer // extra inputs, owned by the executable
	Outputs []shapes.Shape   // nil if the executable knows them
}

// New wraps an engine.
func New(engine compute.Backend) *Backend { return &Backend{Backend: engine} }

// Engine returns the wrapped backend.
func (b *Backend) Engine() compute.Backend { return b.Backend }

// Builder starts a graph.
func (b *Backend) Builder(name string) compute.Builder {
	draft := b.Backend.Builder(name)
	w := &builder{Builder: draft, backend: b, name: name}
	w.main = &function{Function: draft.Main(), builder: w, made: map[compute.Value]*operation{}}
	return w
}

// BufferFromFlatData copies values to the device.
func (b *Backend) BufferFromFlatData(device compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	raw, err := b.Backend.BufferFromFlatData(device, flat, shape)
	if err != nil {
		return nil, err
	}
	return &buffer{Buffer: raw, backend: b}, nil
}

// NewSharedBuffer allocates a buffer whose memory is accessible from Go.
func (b *Backend) NewSharedBuffer(device compute.DeviceNum, shape shapes.Shape) (compute.Buffer, any, error) {
	raw, flat, err := b.Backend.NewSharedBuffer(device, shape)
	if err != nil {
		return nil, nil, err
	}
	return &buffer{Buffer: raw, backend: b}, flat, nil
}

// buffer wraps a buffer of the engine and reports this package's backend as its own.
type buffer struct {
	compute.Buffer
	backend *Backend
	shape   *shapes.Shape // overrides the engine's shape if not nil
}

func (b *buffer) Backend() compute.Backend { return b.backend }

func (b *buffer) Shape() (shapes.Shape, error) {
	if b.shape != nil {
		return *b.shape, nil
	}
	return b.Buffer.Shape()
}

func (b *buffer) CopyToDevice(device compute.DeviceNum) (compute.Buffer, error) {
	raw, err := b.Buffer.CopyToDevice(device)
	if err != nil {
		return nil, err
	}
	return &buffer{Buffer: raw, backend: b.backend, shape: b.shape}, nil
}

// executable wraps an executable of the engine.
type executable struct {
	Refined
	backend *Backend
}

func (e *executable) Inputs() (names []string, inputs []shapes.Shape) {
	names, inputs = e.Executable.Inputs()
	n := len(names) - len(e.More)
	return names[:n], inputs[:n]
}

func (e *executable) Outputs() []shapes.Shape {
	if e.Refined.Outputs != nil {
		return e.Refined.Outputs
	}
	return e.Executable.Outputs()
}

func (e *executable) Execute(inputs []compute.Buffer, donate []bool, device compute.DeviceNum) ([]compute.Buffer, error) {
	raw := make([]compute.Buffer, len(inputs), len(inputs)+len(e.More))
	for i, in := range inputs {
		b, ok := in.(*buffer)
		if !ok {
			return nil, fmt.Errorf("input %d belongs to another backend", i)
		}
		raw[i] = b.Buffer
	}
	outputs, err := e.Executable.Execute(append(raw, e.More...), donate, device)
	if err != nil {
		return nil, err
	}
	for i, out := range outputs {
		b := &buffer{Buffer: out, backend: e.backend}
		if e.Refined.Outputs != nil {
			b.shape = &e.Refined.Outputs[i]
		}
		outputs[i] = b
	}
	return outputs, nil
}

func (e *executable) Finalize() {
	e.Executable.Finalize()
	for _, b := range e.More {
		_ = b.Finalize() // freeing host memory cannot fail
	}
}

// Engine returns the wrapped executable. ok is false when x is not of this package.
func Engine(x compute.Executable) (compute.Executable, bool) {
	e, ok := x.(*executable)
	if !ok {
		return nil, false
	}
	return e.Executable, true
}

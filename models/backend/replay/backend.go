package replay

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// Backend runs graphs on another backend, made lean.
type Backend struct {
	compute.Backend
	// Refine, when set, compiles in place of compile, for a graph whose steps together make so many bytes.
	Refine func(compile func() (compute.Executable, error), made int64) (Refined, error)
}

// Refined is a compiled graph of the engine, which may take inputs behind those of the graph and may have lost the shapes
// of scalars.
type Refined struct {
	compute.Executable
	More    []compute.Buffer // the engine's; kept as long as the executable
	Outputs []shapes.Shape   // nil when the executable knows them
}

// New wraps an engine.
func New(engine compute.Backend) *Backend { return &Backend{Backend: engine} }

// Engine is the backend within.
func (b *Backend) Engine() compute.Backend { return b.Backend }

// Builder starts a graph.
func (b *Backend) Builder(name string) compute.Builder {
	draft := b.Backend.Builder(name)
	w := &builder{Builder: draft, backend: b, name: name}
	w.main = &function{Function: draft.Main(), builder: w, made: map[compute.Value]*operation{}}
	return w
}

// BufferFromFlatData moves values to the device.
func (b *Backend) BufferFromFlatData(device compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	raw, err := b.Backend.BufferFromFlatData(device, flat, shape)
	if err != nil {
		return nil, err
	}
	return &buffer{Buffer: raw, backend: b}, nil
}

// NewSharedBuffer makes a buffer whose memory Go sees.
func (b *Backend) NewSharedBuffer(device compute.DeviceNum, shape shapes.Shape) (compute.Buffer, any, error) {
	raw, flat, err := b.Backend.NewSharedBuffer(device, shape)
	if err != nil {
		return nil, nil, err
	}
	return &buffer{Buffer: raw, backend: b}, flat, nil
}

// buffer is an engine's buffer that names this backend as its own.
type buffer struct {
	compute.Buffer
	backend *Backend
	shape   *shapes.Shape // when the engine's is not it
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

// executable is an engine's executable over such buffers.
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
		_ = b.Finalize() // memory of ours, which cannot fail to be freed
	}
}

// Engine returns the executable within, and whether x has one.
func Engine(x compute.Executable) (compute.Executable, bool) {
	e, ok := x.(*executable)
	if !ok {
		return nil, false
	}
	return e.Executable, true
}

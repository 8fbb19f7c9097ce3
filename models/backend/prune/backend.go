package prune

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"padapter/models/backend/recorded"
)

// Backend runs graphs on another backend without their dead nodes.
type Backend struct{ compute.Backend }

// New wraps an engine.
func New(engine compute.Backend) *Backend { return &Backend{engine} }

// Engine returns the wrapped backend.
func (b *Backend) Engine() compute.Backend { return b.Backend }

// Capabilities lists the operations that the engine has and package recorded knows.
func (b *Backend) Capabilities() compute.Capabilities {
	has := b.Backend.Capabilities()
	operations := map[compute.OpType]bool{}
	for op := range recorded.Operations {
		switch op {
		case compute.OpTypeParameter, compute.OpTypeConstant, compute.OpTypeIdentity, compute.OpTypeOptimizationBarrier:
			operations[op] = true // every engine has the first two, and no graph needs the others
		default:
			operations[op] = has.Operations[op]
		}
	}
	return compute.Capabilities{Operations: operations, DTypes: has.DTypes, PreferConstantsForVariables: has.PreferConstantsForVariables}
}

// Builder starts a graph.
func (b *Backend) Builder(name string) compute.Builder {
	return recorded.NewBuilder(name, recorded.Engine{Name: b.Name(), Capabilities: b.Capabilities(), Compile: b.compile})
}

func (b *Backend) compile(g *recorded.Graph) (compute.Executable, error) {
	builder := b.Backend.Builder(g.Name)
	if err := repeat(g, builder.Main()); err != nil {
		return nil, err
	}
	raw, err := builder.Compile()
	if err != nil {
		return nil, err
	}
	return &executable{Executable: raw, backend: b}, nil
}

// BufferFromFlatData copies values to the device.
func (b *Backend) BufferFromFlatData(device compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	raw, err := b.Backend.BufferFromFlatData(device, flat, shape)
	if err != nil {
		return nil, err
	}
	return &buffer{raw, b}, nil
}

// NewSharedBuffer allocates a buffer whose memory is accessible from Go.
func (b *Backend) NewSharedBuffer(device compute.DeviceNum, shape shapes.Shape) (compute.Buffer, any, error) {
	raw, flat, err := b.Backend.NewSharedBuffer(device, shape)
	if err != nil {
		return nil, nil, err
	}
	return &buffer{raw, b}, flat, nil
}

// buffer wraps a buffer of the engine and reports this package's backend as its own.
type buffer struct {
	compute.Buffer
	backend *Backend
}

func (b *buffer) Backend() compute.Backend { return b.backend }

func (b *buffer) CopyToDevice(device compute.DeviceNum) (compute.Buffer, error) {
	raw, err := b.Buffer.CopyToDevice(device)
	if err != nil {
		return nil, err
	}
	return &buffer{raw, b.backend}, nil
}

// executable wraps an executable of the engine.
type executable struct {
	compute.Executable
	backend *Backend
}

func (e *executable) Execute(inputs []compute.Buffer, donate []bool, device compute.DeviceNum) ([]compute.Buffer, error) {
	raw := make([]compute.Buffer, len(inputs))
	for i, in := range inputs {
		b, ok := in.(*buffer)
		if !ok {
			return nil, fmt.Errorf("input %d belongs to another backend", i)
		}
		raw[i] = b.Buffer
	}
	outputs, err := e.Executable.Execute(raw, donate, device)
	if err != nil {
		return nil, err
	}
	for i, out := range outputs {
		outputs[i] = &buffer{out, e.backend}
	}
	return outputs, nil
}

// Engine returns the wrapped executable. ok is false when x is not of this package.
func Engine(x compute.Executable) (compute.Executable, bool) {
	e, ok := x.(*executable)
	if !ok {
		return nil, false
	}
	return e.Executable, true
}

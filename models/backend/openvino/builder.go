//go:build linux && amd64 && cgo

package openvino

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapes"
)

// builder records a graph.
type builder struct {
	notimplemented.Builder
	backend *Backend
	name    string
	main    *function
}

func newBuilder(backend *Backend, name string) *builder {
	b := &builder{backend: backend, name: name}
	b.main = &function{builder: b}
	b.main.ErrFn = func(op compute.OpType) error {
		return fmt.Errorf("OpenVINO: operation %s: %w", op, compute.ErrNotImplemented)
	}
	return b
}

func (b *builder) Name() string { return b.name }

func (b *builder) Main() compute.Function { return b.main }

func (b *builder) NewFunction(string) (compute.Function, error) {
	return nil, fmt.Errorf("OpenVINO: functions: %w", compute.ErrNotImplemented)
}

func (b *builder) OpShape(v compute.Value) (shapes.Shape, error) { return b.main.Shape(v) }

// Compile returns an executable that the library compiles at its first execution.
func (b *builder) Compile() (compute.Executable, error) {
	if b.main.results == nil {
		return nil, errors.New("OpenVINO: compile a graph without results")
	}
	x := &executable{backend: b.backend, name: b.name, parameters: b.main.parameters, results: b.main.results}
	var err error
	if x.host, err = newHost(b.main); err != nil {
		return nil, fmt.Errorf("OpenVINO: compile graph %s: %w", b.name, err)
	}
	return x, nil
}

package recorded

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapes"
)

// Engine says what an engine computes. Other operations and types are refused when they are recorded.
type Engine struct {
	Name         string // in errors
	Capabilities compute.Capabilities
	Compile      func(g *Graph) (compute.Executable, error)
}

// Builder records a graph. It has a main function only.
type Builder struct {
	notimplemented.Builder
	engine Engine
	main   *function
}

var _ compute.Builder = (*Builder)(nil)

// NewBuilder starts a graph.
func NewBuilder(name string, engine Engine) *Builder {
	b := &Builder{engine: engine}
	b.main = &function{builder: b, graph: &Graph{Name: name}}
	b.main.ErrFn = b.lacks
	return b
}

func (b *Builder) lacks(op compute.OpType) error {
	return fmt.Errorf("%s: operation %s: %w", b.engine.Name, op, compute.ErrNotImplemented)
}

// Name returns the graph's name.
func (b *Builder) Name() string { return b.main.graph.Name }

// Main returns the function that records.
func (b *Builder) Main() compute.Function { return b.main }

// NewFunction returns compute.ErrNotImplemented, wrapped.
func (b *Builder) NewFunction(string) (compute.Function, error) {
	return nil, fmt.Errorf("%s: functions: %w", b.engine.Name, compute.ErrNotImplemented)
}

// OpShape returns the shape of a recorded value.
func (b *Builder) OpShape(v compute.Value) (shapes.Shape, error) { return b.main.Shape(v) }

// Compile hands the graph to the engine.
func (b *Builder) Compile() (compute.Executable, error) {
	if b.main.graph.Results == nil {
		return nil, fmt.Errorf("%s: compile a graph without results", b.engine.Name)
	}
	x, err := b.engine.Compile(b.main.graph)
	if err != nil {
		return nil, fmt.Errorf("%s: compile graph %s: %w", b.engine.Name, b.Name(), err)
	}
	return x, nil
}

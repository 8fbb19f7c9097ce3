package replay

import (
	"fmt"

	"github.com/gomlx/compute"
)

// builder records a graph in a draft of the engine, which infers shapes and reports mistakes. Compile compiles a pruned
// copy of it.
type builder struct {
	compute.Builder // the draft
	backend         *Backend
	name            string
	main            *function
	others          bool // the graph has functions other than the main one
}

func (b *builder) Main() compute.Function { return b.main }

func (b *builder) NewFunction(name string) (compute.Function, error) {
	b.others = true
	return b.Builder.NewFunction(name)
}

// Compile compiles the pruned copy, or the draft if the graph contains anything that this package does not know.
func (b *builder) Compile() (compute.Executable, error) {
	source := b.Builder
	if !b.others {
		pruned, ok, err := b.replay()
		if err != nil {
			return nil, fmt.Errorf("prune graph %s: %w", b.name, err)
		}
		if ok {
			source = pruned
		}
	}
	if b.backend.Refine == nil {
		raw, err := source.Compile()
		if err != nil {
			return nil, err
		}
		return &executable{Refined: Refined{Executable: raw}, backend: b.backend}, nil
	}
	refined, err := b.backend.Refine(source.Compile, b.made())
	if err != nil {
		return nil, err
	}
	return &executable{Refined: refined, backend: b.backend}, nil
}

// made is the total size in bytes of the values that the recorded operations produce, without parameters.
func (b *builder) made() int64 {
	var n int64
	for _, op := range b.main.operations {
		if shape, err := b.Builder.OpShape(op.out); err == nil && !op.parameter {
			n += shape.ByteSize()
		}
	}
	return n
}

// replay builds the pruned copy. ok is false if a result does not come from a recorded operation.
func (b *builder) replay() (pruned compute.Builder, ok bool, err error) {
	needed := map[*operation]bool{}
	known := true
	var need func(v compute.Value)
	need = func(v compute.Value) {
		op := b.main.made[v]
		if op == nil {
			known = false
			return
		}
		if needed[op] {
			return
		}
		needed[op] = true
		for _, in := range op.in {
			need(in)
		}
	}
	for _, v := range b.main.results {
		need(v)
	}
	if !known || len(b.main.results) == 0 {
		return nil, false, nil
	}
	pruned = b.backend.Backend.Builder(b.name)
	c := newCopier(pruned, b.main, needed)
	for _, op := range b.main.operations {
		if !needed[op] && !op.parameter {
			continue
		}
		if err := c.copy(op); err != nil {
			return nil, false, fmt.Errorf("%s: %w", op.name, err)
		}
	}
	results := make([]compute.Value, len(b.main.results))
	for i, v := range b.main.results {
		if results[i], err = c.value(v); err != nil {
			return nil, false, err
		}
	}
	if results, err = c.distinct(results); err != nil {
		return nil, false, err
	}
	if err := pruned.Main().Return(results, b.main.shardings); err != nil {
		return nil, false, err
	}
	return pruned, true, nil
}

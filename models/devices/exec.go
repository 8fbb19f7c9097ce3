package devices

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Exec is a graph that runs on all devices of a backend.
type Exec struct {
	exec  *model.Exec
	group *Group // nil on one device
	split int
}

// NewExec prepares a graph, which is compiled by its first call and for every new shape of its inputs. Of the inputs, the
// first split have one entry per clip along their first axis, which the devices share; the others are whole on every
// device. build sees the shapes of the whole batch. Variables that the graph changes are updated on every device.
func NewExec(backend compute.Backend, store *model.Store, name string, split int, build func(scope *model.Scope, inputs []*graph.Node) []*graph.Node) (*Exec, error) {
	group, several := backend.(*Group)
	if several {
		backend = group.Backend
	}
	exec, err := model.NewExec(backend, store, build)
	if err != nil {
		return nil, fmt.Errorf("prepare the graph %s: %w", name, err)
	}
	e := &Exec{exec: exec.WithName(name), group: group, split: split}
	if !several {
		return e, nil
	}
	specs := slices.Repeat([]*distributed.ShardingSpec{group.split}, split)
	exec.AutoSharding(group.mesh).WithInputShardingSpecs(append(specs, group.whole)...).WithOutputShardingSpecs(group.whole)
	return e, nil
}

// Call runs the graph, frees its inputs, and returns its outputs as flat host copies: float32, whole.
func (e *Exec) Call(inputs ...*tensors.Tensor) ([][]float32, error) {
	for _, in := range inputs {
		defer in.MustFinalizeAll()
	}
	args := make([]any, len(inputs))
	for i, in := range inputs {
		if args[i] = in; e.group == nil {
			continue
		}
		placed, err := e.group.place(in, i < e.split)
		if err != nil {
			return nil, fmt.Errorf("divide input %d of %s among the devices: %w", i, e.exec.Name(), err)
		}
		defer placed.Finalize() //nolint:errcheck // frees memory only
		args[i] = placed
	}
	outputs, err := e.exec.Call(args...)
	if err != nil {
		return nil, err
	}
	for _, out := range outputs {
		defer out.MustFinalizeAll()
	}
	if e.group != nil { // those of the first device come first, and all have the same
		outputs = outputs[:len(outputs)/e.group.NumDevices()]
	}
	flat := make([][]float32, len(outputs))
	for i, out := range outputs {
		if flat[i], err = tensors.CopyFlatData[float32](out); err != nil {
			return nil, fmt.Errorf("read results: %w", err)
		}
	}
	return flat, nil
}

// Close frees the compiled graphs. The variables stay.
func (e *Exec) Close() { e.exec.Finalize() }

package devices

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
)

// meshAxis names the only axis of the mesh, along which clips are divided.
const meshAxis = "clips"

// Group is an engine of which graphs use the first devices. Tensors and buffers belong to the engine. All that shares a
// model store uses the same group.
type Group struct {
	compute.Backend
	mesh  *distributed.DeviceMesh
	split *distributed.ShardingSpec // the first axis is divided
	whole *distributed.ShardingSpec // all of it is on every device
}

// NewGroup returns the group of the first n devices of an engine, at least 2. It returns an error that says how many there
// are when there are fewer, or when the engine runs no graph on several.
func NewGroup(engine compute.Backend, n int) (*Group, error) {
	if n < 2 {
		return nil, fmt.Errorf("a group of %d devices: it has at least 2", n)
	}
	if have := engine.NumDevices(); have < n {
		return nil, fmt.Errorf("%d devices are asked for, and the engine has %d", n, have)
	}
	mesh, err := distributed.NewDeviceMesh([]int{n}, []string{meshAxis})
	if err != nil {
		return nil, fmt.Errorf("group %d devices: %w", n, err)
	}
	split, err := distributed.BuildSpec(mesh).S(meshAxis).Done()
	if err != nil {
		return nil, fmt.Errorf("group %d devices: %w", n, err)
	}
	return &Group{Backend: engine, mesh: mesh, split: split, whole: distributed.NewReplicatedShardingSpec(mesh)}, nil
}

// NumDevices returns the number of devices of the group.
func (g *Group) NumDevices() int { return g.mesh.NumDevices() }

// Count returns the number of devices on which graphs of a backend run: those of a Group, 1 of any other.
func Count(backend compute.Backend) int {
	if g, ok := backend.(*Group); ok {
		return g.NumDevices()
	}
	return 1
}

// CheckDivides returns an error unless the devices of a backend can share n clips equally. what names the clips.
func CheckDivides(backend compute.Backend, what string, n int) error {
	count := Count(backend)
	if n%count == 0 {
		return nil
	}
	return fmt.Errorf("%s of %d clips cannot be divided equally among %d devices: use a multiple of %d, or another number of devices", what, n, count, count)
}

package devices

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"
)

// place copies a host tensor to the devices: all of it to each or, with split, to each an equal share of the first axis.
func (g *Group) place(t *tensors.Tensor, split bool) (*dtensor.Tensor, error) {
	spec := g.whole
	if split {
		spec = g.split
	}
	placed, err := dtensor.ShardTensor(spec, t)
	if err != nil {
		return nil, err
	}
	for n, shard := range placed.Shards() {
		if err := shard.ToDevice(g.Backend, compute.DeviceNum(n)); err != nil {
			return nil, err
		}
	}
	return placed, nil
}

// Replicate moves the values of a variable to every device and frees them on the host. It returns false when they are
// on the devices already.
func (g *Group) Replicate(v *model.Variable) (moved bool, err error) {
	if v.ShardingSpec() != nil { // it has been on several devices, and may still be
		now, err := v.DistributedValue()
		if err != nil {
			return false, err
		}
		if now.Shards()[0].IsOnAnyDevice() {
			return false, nil
		}
	}
	value, err := v.Value()
	if err != nil {
		return false, err
	}
	placed, err := g.place(value, false)
	if err != nil {
		return false, err
	}
	return true, v.SetDistributedValue(placed)
}

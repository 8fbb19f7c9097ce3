package weights

import (
	"fmt"
	"runtime/debug"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/devices"
)

// freeEvery is the number of bytes to move before the freed host memory is returned to the operating system. The
// garbage collector alone would wait until the garbage is as large as the weights.
const freeEvery = 64 << 20

// constantKeeper is a backend that computes faster with weights that it knows to stay as they are.
type constantKeeper interface {
	// KeepConstant declares that the values of a buffer never change and are not replaced between executions.
	KeepConstant(compute.Buffer) error
}

// ToDevice moves every variable of the store to the backend's memory, that of each of its devices if it is a
// devices.Group, and returns the freed host memory to the operating system, so that weights are never held twice. Those
// of parameters that are neither trainable nor buffers are declared constant, for backends that make use of it: call
// Trainable first.
func ToDevice(store *model.Store, backend compute.Backend, parameters []Parameter) error {
	constant := map[string]bool{}
	for _, p := range parameters {
		constant[p.Path()] = p.Role != Buffer
	}
	var left uintptr
	for v := range store.IterVariables() {
		moved, err := toDevice(v, backend)
		if err == nil && moved && constant[v.Path()] && !v.Trainable {
			err = keepConstant(v, backend)
		}
		if err != nil {
			return fmt.Errorf("move %s to the device: %w", v.Path(), err)
		}
		if !moved {
			continue
		}
		if left += uintptr(v.Shape().ByteSize()); left >= freeEvery {
			debug.FreeOSMemory()
			left = 0
		}
	}
	return nil
}

// toDevice moves the values of a variable. It returns false when they are on a device already.
func toDevice(v *model.Variable, backend compute.Backend) (moved bool, err error) {
	if group, ok := backend.(*devices.Group); ok {
		return group.Replicate(v)
	}
	value, err := v.Value()
	if err != nil || value.IsOnAnyDevice() {
		return false, err
	}
	return true, value.ToDevice(backend, 0)
}

// keepConstant declares the values of a variable constant if the backend makes use of that.
func keepConstant(v *model.Variable, backend compute.Backend) error {
	keeper, ok := backend.(constantKeeper)
	if !ok {
		return nil
	}
	value, err := v.Value()
	if err != nil {
		return err
	}
	buffer, err := value.Buffer(backend, 0)
	if err != nil {
		return err
	}
	return keeper.KeepConstant(buffer)
}

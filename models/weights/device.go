package weights

import (
	"fmt"
	"runtime/debug"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"
)

// freeEvery is the number of bytes to move before the freed host memory is returned to the operating system. The
// garbage collector alone would wait until the garbage is as large as the weights.
const freeEvery = 64 << 20

// constantKeeper is a backend that computes faster with weights that it knows to stay as they are.
type constantKeeper interface {
	// KeepConstant declares that the values of a buffer never change and are not replaced between executions.
	KeepConstant(compute.Buffer) error
}

// ToDevice moves every variable of the store to the backend's memory and returns the freed host memory to the operating
// system, so that weights are never held twice. Those of parameters that are neither trainable nor buffers are declared
// constant, for backends that make use of it: call Trainable first.
func ToDevice(store *model.Store, backend compute.Backend, parameters []Parameter) error {
	constant := map[string]bool{}
	for _, p := range parameters {
		constant[p.Path()] = p.Role != Buffer
	}
	keeper, _ := backend.(constantKeeper)
	var left uintptr
	for v := range store.IterVariables() {
		value, err := v.Value()
		if err != nil {
			return fmt.Errorf("move %s to the device: %w", v.Path(), err)
		}
		if value.IsOnAnyDevice() {
			continue
		}
		if err := value.ToDevice(backend, 0); err != nil {
			return fmt.Errorf("move %s to the device: %w", v.Path(), err)
		}
		if keeper != nil && constant[v.Path()] && !v.Trainable {
			values, err := value.Buffer(backend, 0)
			if err == nil {
				err = keeper.KeepConstant(values)
			}
			if err != nil {
				return fmt.Errorf("move %s to the device: %w", v.Path(), err)
			}
		}
		if left += uintptr(value.Shape().ByteSize()); left >= freeEvery {
			debug.FreeOSMemory()
			left = 0
		}
	}
	return nil
}

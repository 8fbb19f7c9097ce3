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

// ToDevice moves every variable of the store to the backend's memory and returns the freed host memory to the operating
// system, so that weights are never held twice.
func ToDevice(store *model.Store, backend compute.Backend) error {
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
		if left += uintptr(value.Shape().ByteSize()); left >= freeEvery {
			debug.FreeOSMemory()
			left = 0
		}
	}
	return nil
}

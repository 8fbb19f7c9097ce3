package weights

import (
	"fmt"
	"runtime/debug"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"
)

// freeEvery is how many bytes are moved before the memory they leave behind goes back to the system. Left to itself the
// garbage collector would wait until there is as much garbage as there are weights.
const freeEvery = 64 << 20

// ToDevice moves every variable of the store to the backend's memory, where graphs would move those that they use anyway,
// and gives the memory they held back to the system, so that weights are never there twice.
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

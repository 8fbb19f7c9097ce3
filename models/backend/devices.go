package backend

import (
	"fmt"
	"strconv"

	"github.com/gomlx/compute"

	"padapter/models/devices"
)

// AllDevices is the value of Settings.Devices for as many as the engine has.
const AllDevices = "all"

// CheckDevices returns an error unless the value is one of Settings.Devices: "", "all" or a number of at least 1.
func CheckDevices(wanted string) error {
	if wanted == "" || wanted == AllDevices {
		return nil
	}
	if n, err := strconv.Atoi(wanted); err != nil || n < 1 {
		return fmt.Errorf("devices %q: use a number of at least 1, or %s", wanted, AllDevices)
	}
	return nil
}

// group returns what graphs are compiled for when they run on as many devices of an engine as wanted, and how many these
// are. wanted has passed CheckDevices. The caller holds mu.
func group(b *Backend, wanted string) (compute.Backend, int, error) {
	have := b.Compute.NumDevices()
	n := have
	if wanted != AllDevices {
		n, _ = strconv.Atoi(wanted) // as checked; 0 for ""
	}
	if n = max(n, 1); n == 1 {
		return b.Compute, 1, nil
	}
	if n > have {
		return nil, 0, fmt.Errorf("%d devices were asked for, and it has %d", n, have)
	}
	key := groupKey{b.Compute, n}
	if shared := groups[key]; shared != nil {
		return shared, n, nil
	}
	g, err := devices.NewGroup(b.Compute, n)
	if err != nil {
		return nil, 0, err
	}
	groups[key] = g
	return g, n, nil
}

// groupKey names the first devices of an engine.
type groupKey struct {
	engine  compute.Backend
	devices int
}

// groups are those in use: all that shares a model store needs the same one. Access is under mu.
var groups = map[groupKey]*devices.Group{}

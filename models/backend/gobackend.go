package backend

import (
	"runtime"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// openGo runs the nodes of a graph one after another, each on all cores. Side by side, as is the engine's default, they
// wait for each other's workers and can stop for good: nodes hold the pool's slots while their matrix products wait for
// a free one.
func openGo() (compute.Backend, string, error) {
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		return nil, "", err
	}
	return b, "pure Go on " + runtime.GOARCH, nil
}

package backend

import (
	"runtime"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// openGo opens the pure Go engine. Nodes of a graph run one after another, each on all cores. The engine's default runs
// nodes in parallel, which can deadlock: nodes hold the worker pool's slots while their matrix products wait for a free
// slot.
func openGo() (compute.Backend, string, error) {
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		return nil, "", err
	}
	return b, "pure Go on " + runtime.GOARCH, nil
}

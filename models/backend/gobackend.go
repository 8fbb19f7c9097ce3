package backend

import (
	"runtime"
	"runtime/debug"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// openGo opens the pure Go engine. Nodes of a graph run one after another, each on all cores. The engine's default runs
// nodes in parallel, which can deadlock: nodes hold the worker pool's slots while their matrix products wait for a free
// slot.
func openGo(Settings) (compute.Backend, About, error) {
	b, err := gobackend.New("ops_sequential")
	if err != nil {
		return nil, About{}, err
	}
	return b, About{What: "pure Go on " + runtime.GOARCH, Platform: "cpu", Version: goVersion(), Devices: descriptions(b)}, nil
}

// goVersion returns the version of the engine's module, or "" in a program that does not say.
func goVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, module := range info.Deps {
		if module.Path == "github.com/gomlx/compute" {
			return "compute " + module.Version
		}
	}
	return ""
}

// descriptions returns what an engine says about each of its devices.
func descriptions(b compute.Backend) []string {
	all := make([]string, b.NumDevices())
	for n := range all {
		all[n] = b.DeviceDescription(compute.DeviceNum(n))
	}
	return all
}

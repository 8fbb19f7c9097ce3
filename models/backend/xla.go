//go:build ((linux && (amd64 || arm64)) || (darwin && arm64)) && cgo

package backend

import (
	"errors"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
)

// acceleratedXLA reports whether the plugin that openXLA would take is for an accelerator.
func acceleratedXLA() bool {
	xla.EnableAutoInstall(false)
	plugins := xla.GetAvailablePlugins()
	return len(plugins) > 0 && !strings.Contains(strings.ToLower(plugins[0]), "cpu")
}

func openXLA() (compute.Backend, string, error) {
	xla.EnableAutoInstall(false)
	plugins := xla.GetAvailablePlugins()
	if len(plugins) == 0 {
		return nil, "", errors.New("no PJRT plugin was found: install one and name its folder in PJRT_PLUGIN_LIBRARY_PATH")
	}
	b, err := xla.New(plugins[0])
	if err != nil {
		return nil, "", err
	}
	return b, "XLA with plugin " + plugins[0], nil
}

//go:build ((linux && (amd64 || arm64)) || (darwin && arm64)) && cgo

package backend

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"

	"padapter/models/backend/plugin"
)

// ServeTrial is called first by main: a program that does so tries an XLA plugin in a process of its own before it opens
// it, and such a process is the same program. See package plugin.
func ServeTrial() { plugin.ServeTrial() }

// acceleratedXLA reports whether the plugin that openXLA would take is for an accelerator.
func acceleratedXLA() bool {
	found, err := plugin.Find()
	return err == nil && !found.OnProcessors()
}

// openXLA opens the plugin that is found. A plugin that does not pass its trial is not opened.
func openXLA(Settings) (compute.Backend, About, error) {
	found, err := plugin.Find()
	if err != nil {
		return nil, About{}, err
	}
	facts, err := found.Try()
	if err != nil {
		return nil, About{}, err
	}
	b, err := xla.New(found.Config())
	if err != nil {
		return nil, About{}, err
	}
	about := About{What: "XLA with plugin " + found.Name, Platform: found.Name, Devices: descriptions(b)}
	if facts != nil {
		about.Platform, about.Version = facts.Platform, facts.Version
	}
	return b, about, nil
}

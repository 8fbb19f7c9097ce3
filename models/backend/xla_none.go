//go:build !(((linux && (amd64 || arm64)) || (darwin && arm64)) && cgo)

package backend

import (
	"errors"

	"github.com/gomlx/compute"
)

func openXLA(Settings) (compute.Backend, About, error) {
	return nil, About{}, errors.New("not supported on this platform")
}

func acceleratedXLA() bool { return false }

// ServeTrial does nothing: XLA is not supported on this platform.
func ServeTrial() {}

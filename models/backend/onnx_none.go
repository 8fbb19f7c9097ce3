//go:build !((linux || darwin) && (amd64 || arm64) && cgo)

package backend

import (
	"errors"

	"github.com/gomlx/compute"
)

func openONNX() (compute.Backend, string, error) {
	return nil, "", errors.New("not supported on this platform")
}

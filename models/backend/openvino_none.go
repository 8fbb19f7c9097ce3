//go:build !(linux && amd64 && cgo)

package backend

import (
	"errors"

	"github.com/gomlx/compute"
)

func openOpenVINO(Settings) (compute.Backend, About, error) {
	return nil, About{}, errors.New("not supported on this platform")
}

//go:build !((linux || darwin) && (amd64 || arm64) && cgo)

package backend

import (
	"errors"
	"io"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

func openONNX(Settings) (compute.Backend, About, error) {
	return nil, About{}, errors.New("not supported on this platform")
}

// SaveONNX returns an error: ONNX Runtime is not supported on this platform.
func (b *Backend) SaveONNX(io.Writer, string, string, func() (*graph.Graph, error)) error {
	return errors.New("ONNX Runtime, which writes ONNX files, is not supported on this platform")
}

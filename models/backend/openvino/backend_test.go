//go:build linux && amd64 && cgo

package openvino

import (
	"testing"

	"github.com/gomlx/compute/support/backendtest"
)

func open(t testing.TB, options Options) *Backend {
	t.Helper()
	b, err := Open(options)
	if err != nil {
		t.Skip(err)
	}
	return b
}

// TestBackend runs GoMLX's tests of engines.
func TestBackend(t *testing.T) {
	backendtest.RunAll(t, open(t, Options{}), nil)
}

// Package enginetest runs tests on every engine that the machine has.
package enginetest

import (
	"testing"

	"padapter/models/backend"
)

// Each runs a test on every engine, in a subtest with the engine's name. An engine that is not usable is skipped with the
// reason.
func Each(t *testing.T, test func(t *testing.T, b *backend.Backend)) {
	t.Helper()
	for _, a := range backend.Survey() {
		t.Run(a.Engine, func(t *testing.T) {
			if !a.Usable {
				t.Skipf("backend %s: %s", a.Engine, a.Why)
			}
			test(t, Open(t, a.Engine))
		})
	}
}

// Open opens an engine that the test cannot do without.
func Open(t *testing.T, engine string) *backend.Backend {
	t.Helper()
	b, err := backend.Open(engine)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

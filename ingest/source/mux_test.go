package source

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openMux(t testing.TB, root string) *Mux {
	t.Helper()
	m, err := Open(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestAClosedSourceOpensNothing(t *testing.T) {
	root := t.TempDir()
	writeTar(t, root, "a.tar", nil)
	m, err := Open(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	o, err := m.Open(t.Context(), tarURI("a.tar", names[0]))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := o.ReadAt(make([]byte, 5), 0); n != 5 || err != nil {
		t.Errorf("an open object ended with its source: %d, %v", n, err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	for _, uri := range []string{tarURI("a.tar", names[0]), "a.tar"} {
		if _, err := m.Open(t.Context(), uri); err == nil {
			t.Errorf("%s was opened", uri)
		}
	}
}

//go:build unix

package probe

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestStoreIsOfOneProbeAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.probing")
	settings := Settings{Root: "r"}
	first, err := OpenStore(path, settings)
	if err != nil {
		t.Fatal(err)
	}
	if j, err := OpenStore(path, settings); !errors.Is(err, errInUse) {
		_ = j.Close()
		t.Errorf("a second probe: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenStore(path, settings)
	if err != nil {
		t.Fatalf("after the first had ended: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

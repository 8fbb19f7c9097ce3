//go:build unix

package probe

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestJournalIsOfOneProbeAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.probing")
	settings := JournalSettings{Root: "r"}
	first, err := OpenJournal(path, settings)
	if err != nil {
		t.Fatal(err)
	}
	if j, err := OpenJournal(path, settings); !errors.Is(err, ErrJournalInUse) {
		_ = j.Close()
		t.Errorf("a second probe: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenJournal(path, settings)
	if err != nil {
		t.Fatalf("after the first had ended: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

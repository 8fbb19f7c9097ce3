//go:build unix

package wholefile

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestLockIsHeldUntilClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := Lock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("the second lock gave %v, %v", second, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := Lock(path)
	if err != nil {
		t.Fatalf("after it was closed: %v", err)
	}
	if err := third.Close(); err != nil {
		t.Error(err)
	}
}

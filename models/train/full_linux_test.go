package train

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk that is full ends the run with an error that says so and what was being written.
func TestFullDisk(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip("there is no " + full)
	}
	dir := t.TempDir()
	if err := os.Symlink(full, filepath.Join(dir, LogFile)); err != nil {
		t.Fatal(err)
	}
	_, result, err := runFor(t, goBackend(t), dir, nil, nil)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "write training log") || result != nil {
		t.Errorf("result %+v, error %v, want one that the device is full", result, err)
	}

	// The same when a model is saved: the run ends, and an earlier model stays as it was.
	_, _, err = runFor(t, goBackend(t), t.TempDir(), nil, func(o *Options) {
		o.Save = func(dir string) error { return &os.PathError{Op: "write", Path: dir, Err: syscall.ENOSPC} }
	})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "save the") {
		t.Errorf("error %v, want one of the model that could not be saved", err)
	}
}

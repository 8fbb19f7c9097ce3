package train

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
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

// A state that no longer fits fails in the middle of the write: the run ends with an error that names it, the state
// before it stays and nothing half written lies about. With room again the run goes on to the losses of an undisturbed one.
func TestNoRoomForTheNextState(t *testing.T) {
	engine, saving := goBackend(t), func(o *Options) { o.SaveEvery = 4 }
	whole, dir := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "run")
	if _, _, err := runFor(t, engine, whole, nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := runFor(t, engine, dir, &stopper{after: 4, cancel: true}, saving); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	before, err := states(dir)
	if err != nil || len(before) != 1 {
		t.Fatalf("states %v, %v", before, err)
	}
	info, err := os.Stat(before[0])
	if err != nil {
		t.Fatal(err)
	}

	// The log goes on within the limit, the next state is cut off three quarters on. The limit is that of a process of its
	// own: the test program also writes a log of what it reads.
	child := exec.Command(os.Args[0], "-test.run=^TestChildWithoutRoom$")
	child.Env = append(os.Environ(), childDir+"="+dir, childLimit+"="+strconv.FormatInt(info.Size()*3/4, 10))
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	entries, err := os.ReadDir(filepath.Join(dir, StateDir))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(before[0]) {
		t.Errorf("the folder of states holds %v (%v), want the one of step 4", entries, err)
	}
	if _, _, err := runFor(t, engine, dir, nil, saving); err != nil {
		t.Fatal(err)
	}
	if got, want := losses(t, dir), losses(t, whole); !slices.Equal(got, want) {
		t.Errorf("losses with a full disk between:\n%v\nundisturbed:\n%v", got, want)
	}
}

// What TestNoRoomForTheNextState tells its child: the run's folder, and the most bytes of a file.
const (
	childDir   = "PADAPTER_TEST_RUN"
	childLimit = "PADAPTER_TEST_FILE_BYTES"
)

// TestChildWithoutRoom goes on with a run until its next state does not fit.
func TestChildWithoutRoom(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("run by TestNoRoomForTheNextState")
	}
	limit, err := strconv.ParseUint(os.Getenv(childLimit), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	limitFiles(t, limit, func() {
		_, _, err = runFor(t, goBackend(t), dir, nil, func(o *Options) { o.SaveEvery = 4 })
	})
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), filepath.Base(statePath(dir, 8))) {
		t.Fatalf("error %v, want one that names the state of step 8", err)
	}
}

// limitFiles runs do while no file of the process can grow beyond a size; writes fail there as on a full disk.
func limitFiles(t *testing.T, bytes uint64, do func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Fatal(err)
		}
	}()
	do()
}

//go:build linux

package isolate

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"padapter/decode"
)

// freshStart forgets, for the time of a test, whether children can be started.
func freshStart(t *testing.T) {
	t.Helper()
	can, cannot := starting.can, starting.cannot
	starting.can, starting.cannot = false, false
	t.Cleanup(func() { starting.can, starting.cannot = can, cannot })
}

func openMode(t *testing.T, mode Mode) Decoder {
	t.Helper()
	d, err := Open(mode, decode.Options{}, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestChildrenArePreferred(t *testing.T) {
	freshStart(t)
	if _, is := openMode(t, Off).(*local); !is || starting.can || starting.cannot {
		t.Error("a decoder that is to be in this process is not, or tried to start another")
	}
	for i := range 2 {
		d, is := openMode(t, Preferred).(*client)
		if !is {
			t.Fatal("a decoder is in this process though children can be started")
		}
		if (d.p != nil) != (i == 0) {
			t.Errorf("decoder %d: it has a child before its first file: %t", i, d.p != nil)
		}
	}
}

// Where no child can be started, files are decoded in this process unless it was asked not to, and that is said once.
func TestNoChildCanBeStarted(t *testing.T) {
	freshStart(t)
	t.Setenv(childEnv, "1") // children start none
	var log bytes.Buffer
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(was) })
	file, _ := fixture(t)
	for range 3 {
		d := openMode(t, Preferred)
		if _, is := d.(*local); !is {
			t.Fatalf("%T", d)
		}
		if info, err := d.Info(t.Context(), file); err != nil || info.Frames == 0 {
			t.Errorf("%+v, %v", info, err)
		}
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "--isolate=false") {
		t.Errorf("%d warnings, want 1 that names --isolate=false: %s", n, log.String())
	}
	if _, err := openMode(t, Required).Info(t.Context(), file); decode.ReasonOf(err) != decode.Failed || !strings.Contains(err.Error(), "--isolate=false") {
		t.Errorf("a child that was asked for and cannot be started: %v", err)
	}
}

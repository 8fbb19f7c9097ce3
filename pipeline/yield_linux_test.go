package pipeline

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"padapter/pipeline/isolate"
)

// niceness is the calling thread's, from -20 to 19.
func niceness(t *testing.T) int {
	t.Helper()
	p, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	return 20 - p // as the system call has it
}

func TestDecodersYieldOnThreadsOfTheirOwn(t *testing.T) {
	own := niceness(t)
	for _, c := range []struct {
		yield bool
		want  int
	}{{false, own}, {true, 19}} {
		d := NewDecoders(2, DecodersOptions{Yield: c.yield})
		queue := d.scheduler.open()
		for range 20 {
			if err := d.with(t.Context(), queue.ticket(), func(isolate.Decoder) error {
				if got := niceness(t); got != c.want {
					t.Errorf("yield %t: a decoder's niceness is %d, want %d", c.yield, got, c.want)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if got := niceness(t); got != own {
				t.Fatalf("yield %t: the caller's niceness is %d now, it was %d", c.yield, got, own)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		// Whatever threads run from now on, none is a decoder's.
		for range 20 {
			at := make(chan int)
			go func() { at <- niceness(t) }()
			if got := <-at; got != own {
				t.Fatalf("yield %t: a goroutine's niceness is %d after the decoders were closed, want %d", c.yield, got, own)
			}
		}
	}
}

func TestDecodersGiveErrorsAndPanicsBack(t *testing.T) {
	d := NewDecoders(1, DecodersOptions{})
	queue := d.scheduler.open()
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	want := errors.New("no")
	if err := d.with(t.Context(), queue.ticket(), func(isolate.Decoder) error { return want }); !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic in a decoder's turn was lost")
			}
		}()
		_ = d.with(t.Context(), queue.ticket(), func(isolate.Decoder) error { panic("no") })
	}()
	if err := d.with(t.Context(), queue.ticket(), func(isolate.Decoder) error { return nil }); err != nil {
		t.Errorf("after a panic: %v", err)
	}
	busy, cancel := context.WithCancel(t.Context())
	_ = d.with(t.Context(), queue.ticket(), func(isolate.Decoder) error { // the only decoder
		cancel()
		if err := d.with(busy, queue.ticket(), func(isolate.Decoder) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting for a decoder was not given up: %v", err)
		}
		return nil
	})
}

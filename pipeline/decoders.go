package pipeline

import (
	"context"
	"errors"
	"sync"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/panics"

	"padapter/decode"
	"padapter/pipeline/isolate"
)

// Decoders is a fixed number of decoders that goroutines take turns with. Each is made when first needed.
type Decoders struct {
	turns   chan turn
	serving conc.WaitGroup

	mu   sync.Mutex
	errs []error // of closing them
}

// turn is a use of a decoder.
type turn struct {
	do   func(isolate.Decoder) error
	done chan<- struct{}
	err  *error
	bad  *panics.Catcher
}

// DecodersOptions say what decoders are like.
type DecodersOptions struct {
	Decoder decode.Options
	// Isolate says whether each decodes in a process of its own.
	Isolate isolate.Mode
	// Yield lets decoders have the processors that other threads of the machine leave to them, for networks that compute
	// on the same processors: an engine's threads wait for the slowest among them, so a decoder that takes half of one
	// processor takes half of them all. On Linux; elsewhere nothing changes.
	Yield bool
}

// NewDecoders returns n decoders, to be closed.
func NewDecoders(n int, opt DecodersOptions) *Decoders {
	d := &Decoders{turns: make(chan turn)}
	for range max(1, n) {
		d.serving.Go(func() { d.serve(opt) })
	}
	return d
}

// serve gives turns with one decoder.
func (d *Decoders) serve(opt DecodersOptions) {
	if opt.Yield {
		yieldThread() // for good: the thread ends with the goroutine
	}
	var decoder isolate.Decoder
	for t := range d.turns {
		t.bad.Try(func() {
			if decoder == nil {
				if decoder, *t.err = isolate.Open(opt.Isolate, opt.Decoder); *t.err != nil {
					decoder = nil
					return
				}
			}
			*t.err = t.do(decoder)
		})
		close(t.done)
	}
	if decoder == nil {
		return
	}
	if err := decoder.Close(); err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.errs = append(d.errs, err)
	}
}

// with runs do with a decoder of its own, on the decoder's goroutine. It returns when do has.
func (d *Decoders) with(ctx context.Context, do func(isolate.Decoder) error) (err error) {
	done := make(chan struct{})
	var bad panics.Catcher
	select {
	case d.turns <- turn{do: do, done: done, err: &err, bad: &bad}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	<-done
	bad.Repanic()
	return err
}

// Close waits for the decoders in use and frees all. Nobody may use them afterwards.
func (d *Decoders) Close() error {
	close(d.turns)
	d.serving.Wait()
	return errors.Join(d.errs...)
}

package pipeline

import (
	"context"
	"errors"
	"sync"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/panics"

	"padapter/decode"
	"padapter/pipeline/isolate"
	"padapter/pipeline/timelimit"
)

// Decoders is a fixed number of decoders that are leased to the units under way, see scheduler. Each works on a goroutine
// of its own and is made when first needed.
type Decoders struct {
	scheduler *scheduler
	calls     chan call // of holders of a lease, for whom a decoder is free
	serving   conc.WaitGroup

	mu   sync.Mutex
	errs []error // of closing them
}

// call is a use of a decoder.
type call struct {
	ctx   context.Context // of the caller; its time limit does not count opening the decoder
	do    func(isolate.Decoder) error
	done  chan<- struct{}
	err   *error
	panic *panics.Catcher
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
	n = max(1, n)
	d := &Decoders{scheduler: newScheduler(n), calls: make(chan call)}
	for range n {
		d.serving.Go(func() { d.serve(opt) })
	}
	return d
}

// serve answers calls with one decoder.
func (d *Decoders) serve(opt DecodersOptions) {
	var decoder isolate.Decoder
	for c := range d.calls {
		c.panic.Try(func() {
			if decoder == nil {
				resume := timelimit.Pause(c.ctx)
				decoder, *c.err = isolate.Open(opt.Isolate, opt.Decoder, opt.Yield)
				resume()
				if *c.err != nil {
					decoder = nil
					return
				}
			}
			*c.err = c.do(decoder)
		})
		close(c.done)
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

// with runs do with the decoder that a ticket leases, on the decoder's goroutine. It returns when do has. The lease is over
// then, and the ticket done. The clock of ctx does not count the wait for the lease.
func (d *Decoders) with(ctx context.Context, t *ticket, do func(isolate.Decoder) error) (err error) {
	resume := timelimit.Pause(ctx)
	err = t.lease(ctx)
	resume()
	if err != nil {
		return err
	}
	defer t.done()
	done := make(chan struct{})
	var panicked panics.Catcher
	d.calls <- call{ctx: ctx, do: do, done: done, err: &err, panic: &panicked}
	<-done
	panicked.Repanic()
	return err
}

// Close waits for the decoders in use and frees all. Nobody gets a lease afterwards.
func (d *Decoders) Close() error {
	d.scheduler.close()
	close(d.calls)
	d.serving.Wait()
	return errors.Join(d.errs...)
}

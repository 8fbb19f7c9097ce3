package pipeline

import (
	"context"
	"errors"

	"padapter/decode"
	"padapter/pipeline/isolate"
)

// Decoders is a fixed number of decoders that goroutines take turns with. Each is made when first needed.
type Decoders struct {
	open func() (isolate.Decoder, error)
	idle chan isolate.Decoder // nil stands for one that has not been made
}

// NewDecoders returns n decoders in this process, to be closed.
func NewDecoders(n int, opt decode.Options) *Decoders {
	return newDecoders(n, func() (isolate.Decoder, error) { return isolate.Here(opt) })
}

// NewIsolatedDecoders returns n decoders, each in a process of its own, to be closed.
func NewIsolatedDecoders(n int, opt decode.Options) *Decoders {
	return newDecoders(n, func() (isolate.Decoder, error) { return isolate.New(isolate.Options{Decoder: opt}) })
}

// decoders returns those that the options describe.
func (o Options) decoders() *Decoders {
	if o.Isolate {
		return NewIsolatedDecoders(o.Workers, o.Decoder)
	}
	return NewDecoders(o.Workers, o.Decoder)
}

func newDecoders(n int, open func() (isolate.Decoder, error)) *Decoders {
	d := &Decoders{open: open, idle: make(chan isolate.Decoder, max(1, n))}
	for range cap(d.idle) {
		d.idle <- nil
	}
	return d
}

// with runs do with a decoder of its own.
func (d *Decoders) with(ctx context.Context, do func(isolate.Decoder) error) (err error) {
	var decoder isolate.Decoder
	select {
	case decoder = <-d.idle:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { d.idle <- decoder }()
	if decoder == nil {
		if decoder, err = d.open(); err != nil {
			return err
		}
	}
	return do(decoder)
}

// Close waits for the decoders in use and frees all. Nobody may use them afterwards.
func (d *Decoders) Close() error {
	var errs []error
	for range cap(d.idle) {
		if decoder := <-d.idle; decoder != nil {
			errs = append(errs, decoder.Close())
		}
	}
	return errors.Join(errs...)
}

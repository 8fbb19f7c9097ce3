package pipeline

import (
	"context"
	"errors"

	"padapter/decode"
	"padapter/pipeline/isolate"
)

// Decoders is a fixed number of decoders that goroutines take turns with. Each is made when first needed.
type Decoders struct {
	opt      decode.Options
	isolated bool
	idle     chan isolate.Decoder // nil stands for one that has not been made
}

// NewDecoders returns n decoders, to be closed; isolated ones decode each in a process of its own.
func NewDecoders(n int, opt decode.Options, isolated bool) *Decoders {
	d := &Decoders{opt: opt, isolated: isolated, idle: make(chan isolate.Decoder, max(1, n))}
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
		if decoder, err = isolate.Open(d.isolated, d.opt); err != nil {
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

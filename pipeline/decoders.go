package pipeline

import (
	"context"
	"errors"

	"padapter/decode"
)

// Decoders is a fixed number of decoders that goroutines take turns with. Each is made when first needed.
type Decoders struct {
	opt  decode.Options
	idle chan *decode.Decoder // nil stands for one that has not been made
}

// NewDecoders returns n decoders, to be closed.
func NewDecoders(n int, opt decode.Options) *Decoders {
	d := &Decoders{opt: opt, idle: make(chan *decode.Decoder, max(1, n))}
	for range cap(d.idle) {
		d.idle <- nil
	}
	return d
}

// with runs do with a decoder of its own.
func (d *Decoders) with(ctx context.Context, do func(*decode.Decoder) error) (err error) {
	var decoder *decode.Decoder
	select {
	case decoder = <-d.idle:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { d.idle <- decoder }()
	if decoder == nil {
		if decoder, err = decode.NewDecoder(d.opt); err != nil {
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

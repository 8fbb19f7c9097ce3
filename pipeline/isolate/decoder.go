package isolate

import (
	"context"
	"os"

	"padapter/decode"
)

// Decoder is what the pipeline asks of a decoder. One goroutine owns it. The methods are those of decode.Decoder.
type Decoder interface {
	Info(ctx context.Context, src decode.Source) (*decode.Info, error)
	Clip(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), dst func(decode.Plan) ([]byte, error)) (*decode.Clip, error)
	Stream(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), fn func(f decode.Frame, rgb []byte) error) (*decode.Clip, error)
	// Damage decodes every frame, counts those in which errors were concealed, and names the first of them.
	Damage(ctx context.Context, src decode.Source) (damaged, first int, err error)
	Close() error
}

// Filed is a source that may lie in an open local file from some offset on; the child then reads that by itself.
type Filed interface {
	File() (f *os.File, offset int64, ok bool)
}

// Open is New or Here.
func Open(isolated bool, opt decode.Options) (Decoder, error) {
	if isolated {
		return New(Options{Decoder: opt})
	}
	return Here(opt)
}

// Here is a decoder in this process.
func Here(opt decode.Options) (Decoder, error) {
	d, err := decode.NewDecoder(opt)
	if err != nil {
		return nil, err
	}
	return here{d}, nil
}

type here struct{ *decode.Decoder }

// Damage is Decoder's.
func (h here) Damage(ctx context.Context, src decode.Source) (damaged, first int, err error) {
	return damage(ctx, h.Decoder, src, func() error { return nil })
}

// damage calls alive for every frame.
func damage(ctx context.Context, d *decode.Decoder, src decode.Source, alive func() error) (damaged, first int, err error) {
	err = d.Native(ctx, src, nil, func(f decode.NativeFrame) error {
		if f.Damaged {
			if damaged == 0 {
				first = f.Index
			}
			damaged++
		}
		return alive()
	})
	return damaged, first, err
}

package isolate

import (
	"context"
	"os"
	"time"

	"padapter/decode"
)

// Decoder is what the pipeline asks of a decoder. One goroutine owns it. The methods are those of decode.Decoder.
type Decoder interface {
	Info(ctx context.Context, src decode.Source) (*decode.Info, error)
	Clip(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), dst func(decode.Plan) ([]byte, error)) (*decode.Clip, error)
	Stream(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), fn func(f decode.Frame, rgb []byte) error) (*decode.Clip, error)
	// Damage decodes every frame, counts those in which errors were concealed, and names the first of them.
	Damage(ctx context.Context, src decode.Source) (damaged, first int, err error)

	// Full, Add, Ready and Next are for looking at many small files: those in the queue are looked at while the caller opens
	// more. Add puts a file of at most MostQueued bytes in, while the queue is not full: all its frames are decoded if
	// wanted, and it gets so much time from when its turn comes (0: any time). Its error is of reading the file. Next
	// waits for the file that was put in first and takes it out; until then it stays open. Ready says that Next would not
	// wait. While files are in the queue nothing else may be called, but Close.
	Full() bool
	Ready() bool
	Add(ctx context.Context, src decode.Source, all bool, limit time.Duration) error
	Next(ctx context.Context) (Look, error)
	Close() error
}

// MostQueued is the most bytes of a file that goes through the queue.
const MostQueued = 4 << 20

// Look is what looking at a file found, up to an error.
type Look struct {
	SHA256         string       // hex, of the file; empty when there was an error before it was known
	Info           *decode.Info // without the frames' index; nil likewise
	Damaged, First int          // as Decoder.Damage says, if all frames were decoded
}

// Filed is a source that may lie in an open local file from some offset on; the child then reads that by itself.
type Filed interface {
	File() (f *os.File, offset int64, ok bool)
}

// Open is New or Here.
func Open(mode Mode, opt decode.Options) (Decoder, error) {
	switch {
	case mode == Required:
		return New(Options{Decoder: opt})
	case mode == Preferred && Supported:
		return openPreferred(opt)
	}
	return Here(opt)
}

// Here is a decoder in this process.
func Here(opt decode.Options) (Decoder, error) {
	d, err := decode.NewDecoder(opt)
	if err != nil {
		return nil, err
	}
	return &here{Decoder: d}, nil
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

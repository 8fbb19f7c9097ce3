package isolate

import (
	"context"

	"padapter/decode"
)

// here is a decoder in this process.
type here struct {
	decoder   *decode.Decoder
	inspector inspector
}

// Here returns a Decoder in this process.
func Here(opt decode.Options) (Decoder, error) {
	d, err := decode.NewDecoder(opt)
	if err != nil {
		return nil, err
	}
	return &here{decoder: d, inspector: inspector{decoder: d}}, nil
}

func (h *here) Start(context.Context) error { return nil }

func (h *here) Close() error { return h.decoder.Close() }

func (h *here) Info(ctx context.Context, src decode.Source) (*decode.Info, error) {
	info, err := h.decoder.Info(ctx, src)
	return info, withCause(ctx, err)
}

func (h *here) Clip(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), dst func(decode.Plan) ([]byte, error)) (*decode.Clip, error) {
	clip, err := h.decoder.Clip(ctx, src, plan, dst)
	return clip, withCause(ctx, err)
}

func (h *here) Stream(ctx context.Context, src decode.Source, plan func(*decode.Info) (decode.Plan, error), fn func(f decode.Frame, rgb []byte) error) (*decode.Clip, error) {
	clip, err := h.decoder.Stream(ctx, src, plan, fn)
	return clip, withCause(ctx, err)
}

func (h *here) Inspect(ctx context.Context, files []File, opt InspectOptions, report func(i int, found Inspection, err error) error) error {
	if err := checkFiles(files); err != nil {
		return err
	}
	for i, file := range files {
		if err := context.Cause(ctx); err != nil {
			return stopped("open", err)
		}
		own := file.Context()
		found, err := h.inspector.inspect(own, file.Source, opt, func(Inspection) error { return nil }, func() error { return nil })
		if err := report(i, found, withCause(own, err)); err != nil {
			return err
		}
	}
	return nil
}

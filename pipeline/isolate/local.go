package isolate

import (
	"context"

	"padapter/decode"
)

// local is a decoder in this process.
type local struct{ inspector }

// newLocal returns a Decoder in this process.
func newLocal(opt decode.Options) (Decoder, error) {
	d, err := decode.NewDecoder(opt)
	if err != nil {
		return nil, err
	}
	return &local{inspector{decoder: d}}, nil
}

func (l *local) Close() error { return l.decoder.Close() }

func (l *local) Info(ctx context.Context, src decode.Source) (*decode.Info, error) {
	info, err := l.decoder.Info(ctx, src)
	return info, withCause(ctx, err)
}

func (l *local) Clip(ctx context.Context, src decode.Source, plan Planner, dst func(decode.Plan) ([]byte, error)) (*decode.Clip, error) {
	clip, err := l.decoder.Clip(ctx, src, plan, dst)
	return clip, withCause(ctx, err)
}

func (l *local) Stream(ctx context.Context, src decode.Source, plan Planner, fn func(f decode.Frame, rgb []byte) error) (*decode.Clip, error) {
	clip, err := l.decoder.Stream(ctx, src, plan, fn)
	return clip, withCause(ctx, err)
}

func (l *local) Inspect(ctx context.Context, files []File, opt InspectOptions, report func(i int, found Inspection, err error) error) error {
	if err := checkFiles(files); err != nil {
		return err
	}
	for i, file := range files {
		if err := context.Cause(ctx); err != nil {
			return stopped("open", err)
		}
		own := file.Context()
		found, err := l.inspect(own, file.Source, opt, func(Inspection) error { return nil })
		if err := report(i, found, withCause(own, err)); err != nil {
			return err
		}
	}
	return nil
}

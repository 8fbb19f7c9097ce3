package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/sourcegraph/conc"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
	"padapter/sampler"
)

// SlidingWindowData is a data set of overlapping windows over videos of any length, see SlidingWindows.
type SlidingWindowData struct {
	Manifest *manifests.Manifest
	Source   source.Source
	Clip     recipe.Clip
	Windows  sampler.Sliding // in seconds
	Options  Options
}

// Meta describes the batches.
func (w *SlidingWindowData) Meta() batch.Meta { return windowMeta(w.Manifest, w.Clip, w.Options) }

// Len is 0: how many windows the videos have is known when they have been read.
func (w *SlidingWindowData) Len() int { return 0 }

// Batches iterates over all windows of all videos, as Manifest.Batches does over clips. The epoch does not matter.
func (w *SlidingWindowData) Batches(ctx context.Context, _ int) iter.Seq2[arrow.Record, error] {
	return prefetch(ctx, w.Options.Stats, func(ctx context.Context, emit func(arrow.Record) error) error {
		return SlidingWindows(ctx, w.Manifest, w.Source, w.Clip, w.Windows, w.Options, emit)
	})
}

func windowMeta(man *manifests.Manifest, clip recipe.Clip, opt Options) batch.Meta {
	meta := metaOf(man, clip, opt)
	meta.Parts = true
	return meta
}

// SlidingWindows decodes every video once, from its beginning to its end, and passes batches of its windows to emit, video
// after video and window after window. Window k, in view k, is the clip that Clips makes of a record whose start and end
// are the window's (cropped at the centre), and the row's part says which these are, in seconds from the file's first
// frame. A record's own start and end bound its windows.
//
// A video that cannot be read gives a row with an error; one that ends in an error gives its windows up to there, then
// that row. No batch holds rows of two videos. Options.Timeout is for each window and not for the video. Views, Order
// and SkipRows do not apply.
//
// Up to Options.Workers videos are decoded at once. Each holds the windows that are open at a time and two batches.
func SlidingWindows(ctx context.Context, man *manifests.Manifest, src source.Source, clip recipe.Clip, win sampler.Sliding, opt Options, emit func(arrow.Record) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("make windows: %w", err)
		}
	}()
	if opt.Training || len(opt.Order) > 0 || opt.SkipRows > 0 {
		return errors.New("windows are neither sampled for training nor reordered")
	}
	if err := win.Validate(); err != nil {
		return err
	}
	central := clip // one view a window
	central.Segments, central.Crops = 0, 0
	if opt, err = opt.withDefaults(central); err != nil {
		return err
	}
	m, err := newRowDecoder(src, central, man.Classes, opt)
	if err != nil {
		return err
	}
	if m.decoders = opt.Decoders; m.decoders == nil {
		m.decoders = NewDecoders(opt.Workers, DecodersOptions{Decoder: opt.Decoder, Isolate: opt.Isolate})
		defer func() { err = errors.Join(err, m.decoders.Close()) }()
	}
	meta := windowMeta(man, clip, opt)
	ctx, cancel := context.WithCancelCause(ctx)
	queue := m.decoders.scheduler.open()
	defer queue.close()
	videos := make(chan *video, opt.Workers) // those being decoded, in order
	var decoding conc.WaitGroup
	defer decoding.Wait() // also when emit panics
	defer cancel(nil)
	decoding.Go(func() {
		defer close(videos)
		slots := make(chan struct{}, opt.Workers)
		for i := range man.Records {
			v := &video{videoWindows: videoWindows{rowDecoder: m, rec: &man.Records[i], win: win, meta: meta}, batches: make(chan arrow.Record, 1)}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
			select {
			case videos <- v:
			case <-ctx.Done():
				return
			}
			v.ticket = queue.ticket() // in order, and not before the work begins
			decoding.Go(func() {
				defer func() { <-slots }()
				defer v.ticket.done()
				v.run(ctx)
			})
		}
	})
	progress := Progress{Total: int64(len(man.Records))}
	for v := range videos {
		for record := range v.batches {
			if err == nil {
				err = context.Cause(ctx)
			}
			if err == nil {
				if err = emit(record); err != nil {
					cancel(err)
				}
			}
			record.Release()
		}
		if err == nil && v.err != nil {
			err = v.err
			cancel(err)
		}
		if progress.Done++; v.failed {
			progress.Failed++
		}
		if err == nil && opt.Progress != nil {
			opt.Progress(progress)
		}
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return err
}

// video is one video's videoWindows and the way of its batches to the caller of SlidingWindows.
type video struct {
	videoWindows
	batches chan arrow.Record
	err     error // why the whole run has to stop; set before batches is closed
}

func (v *video) run(ctx context.Context) {
	defer close(v.batches)
	v.send = func(record arrow.Record) error {
		select {
		case v.batches <- record:
			return nil
		case <-ctx.Done():
			record.Release()
			return context.Cause(ctx)
		}
	}
	v.err = v.videoWindows.run(ctx)
}

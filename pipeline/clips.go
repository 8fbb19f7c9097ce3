package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/sourcegraph/conc/stream"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
)

// Clips decodes a manifest's records into batches and passes these to emit, in order and one at a time. Every record
// gives Options.Views rows, those that are missing, rejected or unreadable rows with an error. It returns the first error
// of emit or of ctx; then some rows have not been emitted.
func Clips(ctx context.Context, man *manifests.Manifest, src source.Source, clip recipe.Clip, opt Options, emit func(arrow.Record) error) (err error) {
	if opt, err = opt.withDefaults(clip); err != nil {
		return err
	}
	m, err := newRowDecoder(src, clip, man.Classes, opt)
	if err != nil {
		return fmt.Errorf("make clips: %w", err)
	}
	if m.decoders = opt.Decoders; m.decoders == nil {
		m.decoders = NewDecoders(opt.Workers, DecodersOptions{Decoder: opt.Decoder, Isolate: opt.Isolate})
		defer func() { err = errors.Join(err, m.decoders.Close()) }()
	}
	r := &run{rowDecoder: m, man: man, meta: metaOf(man, clip, opt), opt: opt, emit: emit}
	if err = r.do(ctx); err != nil {
		err = fmt.Errorf("make clips: %w", err)
	}
	return err
}

// run is one call of Clips. The fields below are the callbacks' alone until the stream has ended.
type run struct {
	*rowDecoder
	man  *manifests.Manifest
	meta batch.Meta
	opt  Options
	emit func(arrow.Record) error

	queue    *queue
	repeats  []int32 // see repeats
	stop     context.CancelCauseFunc
	err      error
	progress Progress
}

// total is the number of rows.
func (r *run) total() int {
	records := len(r.man.Records)
	if r.opt.Order != nil {
		records = len(r.opt.Order)
	}
	return max(0, records*r.opt.Views-r.opt.SkipRows)
}

// item is row i.
func (r *run) item(i int) (rec *manifests.Record, view int) {
	i += r.opt.SkipRows
	number, view := i/r.opt.Views, i%r.opt.Views
	if r.repeats != nil {
		view += int(r.repeats[number]) * r.opt.Views
	}
	if r.opt.Order != nil {
		number = r.opt.Order[number]
	}
	return &r.man.Records[number], view
}

func (r *run) do(ctx context.Context) error {
	for _, number := range r.opt.Order {
		if number < 0 || number >= len(r.man.Records) {
			return fmt.Errorf("record %d is not in the manifest of %d records", number, len(r.man.Records))
		}
	}
	r.repeats = repeats(r.opt.Order)
	r.queue = r.decoders.scheduler.open()
	defer r.queue.close()
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(nil)
	total, rows := r.total(), r.opt.rows(r.meta.Shape)
	r.progress.Total = int64(total)
	tasks := stream.New().WithMaxGoroutines(r.opt.Workers)
	var builder *batch.Builder
	var err error
	for start := 0; start < total && err == nil; start += rows {
		builder, err = r.submit(ctx, tasks, start, min(rows, total-start))
	}
	tasks.Wait()
	builder.Release() // of a batch that was not submitted wholly; nothing to free otherwise
	if r.err != nil {
		return r.err
	}
	return err
}

// submit queues the rows of one batch. It blocks while the workers and the queue are full.
func (r *run) submit(ctx context.Context, tasks *stream.Stream, start, rows int) (*batch.Builder, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	builder, err := batch.NewBuilder(r.opt.Memory, r.meta, rows)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if err := context.Cause(ctx); err != nil {
			return builder, err
		}
		rec, view := r.item(start + i)
		tasks.Go(func() stream.Callback {
			t := r.queue.ticket() // not earlier: a row that waits for the reader keeps no decoder from others
			defer t.done()
			row, err := r.row(ctx, t, rec, view, builder.Clip(i))
			if err == nil {
				err = builder.Set(i, row)
			}
			return func() {
				if err == nil {
					err = context.Cause(ctx)
				}
				r.finish(builder, i == rows-1, row.Error != "", err)
			}
		})
	}
	return builder, nil
}

// finish is called for every row, in order. The last row of a batch sends the batch on.
func (r *run) finish(builder *batch.Builder, last, failed bool, err error) {
	if err == nil && r.err == nil {
		r.progress.Done++
		if failed {
			r.progress.Failed++
		}
		if r.opt.Progress != nil {
			r.opt.Progress(r.progress)
		}
		if last {
			err = r.send(builder)
		}
	}
	if err != nil && r.err == nil {
		r.err = err
		r.stop(err)
	}
	if last {
		builder.Release()
	}
}

func (r *run) send(builder *batch.Builder) error {
	record, err := builder.Record(builder.Capacity())
	if err != nil {
		return err
	}
	defer record.Release()
	start := time.Now()
	err = r.emit(record)
	r.opt.Stats.add(func(c *Counts) {
		c.Emit += time.Since(start)
		c.Batches++
	})
	return err
}

// repeats says for each place of an order how often the record there was named before; nil where none is named twice.
func repeats(order []int) []int32 {
	if len(order) == 0 {
		return nil
	}
	seen := make([]int32, slices.Max(order)+1)
	out := make([]int32, len(order))
	repeated := false
	for i, number := range order {
		out[i] = seen[number]
		repeated = repeated || out[i] > 0
		seen[number]++
	}
	if !repeated {
		return nil
	}
	return out
}

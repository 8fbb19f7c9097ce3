package shard

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/pipeline/batch"
)

// Batches iterates over the rows of all shards. The error, if any, comes last, with a nil record. A record is released
// at the loop's next turn.
func (s *Set) Batches(ctx context.Context, order Order) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		o, err := order.withDefaults(s)
		if err != nil {
			yield(nil, err)
			return
		}
		p := &pass{set: s, ctx: ctx, order: o, yield: yield, pool: batch.NewPool(s.mem, keptBatches)}
		defer p.end()
		if !o.Shuffle && o.BatchRows == 0 {
			err = p.plain()
		} else {
			err = p.mixed()
		}
		if err != nil && !p.stopped {
			yield(nil, err)
		}
	}
}

// pass is one iteration.
type pass struct {
	set     *Set
	ctx     context.Context
	order   Order
	yield   func(arrow.Record, error) bool
	stopped bool // the caller has left the loop

	shard   int // number of the open shard
	reader  *reader
	pool    *batch.Pool // memory of batches
	builder *batch.Builder
	filled  int
}

func (p *pass) end() {
	p.reader.close() // read only: nothing can be lost
	p.builder.Release()
	p.pool.Drain()
}

// keptBatches is how much memory of batches that were released is kept for the next ones.
const keptBatches = 96 << 20

// read reads one record batch. It keeps the last shard open.
func (p *pass) read(at place) (arrow.Record, error) {
	if err := context.Cause(p.ctx); err != nil {
		return nil, err
	}
	if p.reader == nil || p.shard != at.shard {
		if err := p.reader.close(); err != nil {
			return nil, fmt.Errorf("close shard: %w", err)
		}
		p.reader = nil
		var err error
		if p.reader, err = p.set.open(at.shard); err != nil {
			return nil, err
		}
		p.shard = at.shard
	}
	return p.reader.record(at.batch, p.pool)
}

// send yields a record and releases it.
func (p *pass) send(record arrow.Record) bool {
	defer record.Release()
	p.stopped = !p.yield(record, nil)
	return !p.stopped
}

// plain yields the record batches as they were written.
func (p *pass) plain() error {
	skip := p.order.SkipRows
	for _, at := range p.set.places(p.order) {
		if skip >= at.rows {
			skip -= at.rows
			continue
		}
		record, err := p.read(at)
		if err != nil {
			return err
		}
		if skip > 0 {
			whole := record
			record = whole.NewSlice(int64(skip), whole.NumRows())
			whole.Release()
			skip = 0
		}
		if !p.send(record) {
			return nil
		}
	}
	return nil
}

// mixed assembles new batches from the rows of one window after another.
func (p *pass) mixed() error {
	skip := p.order.SkipRows
	left := p.set.Rows() - skip // rows to come
	turns, err := p.turns()
	if err != nil {
		return err
	}
	for number, w := range windows(p.set.places(p.order), p.order.BufferRows) {
		w = p.set.repeat(w, turns)
		if skip >= w.rows {
			skip -= w.rows
			continue
		}
		if err := p.window(number, w, skip, &left); err != nil || p.stopped {
			return err
		}
		skip = 0
	}
	return nil
}

// window reads a window and passes its rows on, but for the first skip.
func (p *pass) window(number int, w window, skip int, left *int) error {
	rows, done, ok, err := p.scatter(w)
	defer func() { done() }()
	if err == nil && !ok {
		done()
		rows, done, err = p.whole(w)
	}
	if err != nil {
		return err
	}
	for _, i := range p.order.mix(number, w.rows)[skip:] {
		if err := context.Cause(p.ctx); err != nil {
			return err
		}
		take := w.at(i)
		from := rows[take.row]
		from.turn = take.turn
		if err := p.add(from, left); err != nil || p.stopped {
			return err
		}
	}
	return nil
}

// rowAt is a row of a window.
type rowAt struct {
	clips  *batch.Clips
	row    int
	in     *reader // where the pixels are at offset; nil where clips has them
	offset int64
	turn   int // how often it was taken before
}

// whole reads the record batches of a window with their pixels.
func (p *pass) whole(w window) (rows []rowAt, done func(), err error) {
	records := make([]arrow.Record, 0, len(w.places))
	done = func() {
		for _, record := range records {
			record.Release()
		}
	}
	rows = make([]rowAt, 0, w.rows)
	for _, place := range w.places {
		record, err := p.read(place)
		if err != nil {
			return nil, done, err
		}
		records = append(records, record)
		clips, err := batch.View(record)
		if err != nil {
			return nil, done, fmt.Errorf("read shard %s: %w", p.reader.path, err)
		}
		for row := range clips.Len() {
			rows = append(rows, rowAt{clips: clips, row: row})
		}
	}
	return rows, done, nil
}

// add copies one row into the batch being assembled and sends it when it is full or nothing is left.
func (p *pass) add(from rowAt, left *int) (err error) {
	if p.builder == nil {
		if p.builder, err = batch.NewBuilder(p.pool, p.set.meta, min(p.order.BatchRows, *left)); err != nil {
			return err
		}
		p.filled = 0
	}
	// Cloned, for the record may be gone when the batch is full.
	row := from.clips.Row(from.row)
	row.View += int32(from.turn * max(1, p.set.index.Job.Views))
	if err := from.pixels(p.builder.Clip(p.filled)); err != nil {
		return err
	}
	if err := p.builder.Set(p.filled, row); err != nil {
		return err
	}
	p.filled++
	*left--
	if p.filled < p.builder.Capacity() {
		return nil
	}
	record, err := p.builder.Record(p.filled)
	if err != nil {
		return err
	}
	p.builder.Release()
	p.builder = nil
	p.send(record)
	return nil
}

// pixels copies the row's pixels; there are none in a row with an error.
func (r rowAt) pixels(to []byte) error {
	switch {
	case !r.clips.Has(r.row):
		clear(to)
	case r.in == nil:
		frames, _ := r.clips.Frames(r.row)
		copy(to, frames)
	default:
		if _, err := r.in.file.ReadAt(to, r.offset); err != nil {
			return fmt.Errorf("read shard %s, clip of %s: %w", r.in.path, r.clips.ID(r.row), err)
		}
	}
	return nil
}

package pipeline

import (
	"context"
	"iter"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
	"padapter/pipeline/shard"
	"padapter/sampler"
)

// Manifest is a data set that is decoded while it is read. It and Shards serve training, evaluation and labelling alike.
type Manifest struct {
	Manifest *manifests.Manifest
	Source   source.Source
	Clip     recipe.Clip
	Options  Options // Epoch and Order are set for each pass
	Shuffle  bool    // records in random order, by Options.Seed and epoch
	Balanced bool    // with Shuffle: classes equally often, see sampler.Balanced
}

// Meta describes the batches.
func (m *Manifest) Meta() batch.Meta { return metaOf(m.Manifest, m.Clip, m.Options) }

// Len is the number of rows of a pass.
func (m *Manifest) Len() int { return len(m.Manifest.Records) * m.Options.views(m.Clip) }

// order is the order of the records in an epoch: nil for the manifest's.
func (m *Manifest) order(epoch int) []int {
	if !m.Shuffle {
		return nil
	}
	key := sampler.Key{Seed: m.Options.Seed, Epoch: epoch}
	order := sampler.Permutation(len(m.Manifest.Records), key.Draws("order"))
	if !m.Balanced {
		return order
	}
	labels := make([]int32, len(m.Manifest.Records))
	for i := range m.Manifest.Records {
		labels[i] = m.Manifest.Records[i].Label
	}
	rows := make([]int, 0, len(labels))
	for row, n := range sampler.Balanced(labels, key.Draws("balance")) {
		for range n {
			rows = append(rows, row)
		}
	}
	for i, at := range order { // as many rows as records
		order[i] = rows[at]
	}
	return order
}

// Batches iterates over one pass. The error, if any, comes last, with a nil record. A record is released at the loop's
// next turn. How long the loop waited for batches is added to Options.Stats.
func (m *Manifest) Batches(ctx context.Context, epoch int) iter.Seq2[arrow.Record, error] {
	return m.BatchesFrom(ctx, epoch, m.Options.SkipRows)
}

// BatchesFrom is Batches without the first skipRows rows, which are not decoded.
func (m *Manifest) BatchesFrom(ctx context.Context, epoch, skipRows int) iter.Seq2[arrow.Record, error] {
	opt := m.Options
	opt.Epoch, opt.Order, opt.SkipRows = epoch, m.order(epoch), skipRows
	return prefetch(ctx, opt.Stats, func(ctx context.Context, emit func(arrow.Record) error) error {
		return Clips(ctx, m.Manifest, m.Source, m.Clip, opt, emit)
	})
}

// prefetch runs produce in a goroutine, with a batch waiting for the reader besides the one that produce is emitting. The
// goroutine has ended when the iteration has.
func prefetch(ctx context.Context, stats *Stats, produce func(context.Context, func(arrow.Record) error) error) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ready := make(chan arrow.Record, 1)
		done := make(chan error, 1)
		go func() {
			defer close(ready)
			done <- produce(ctx, func(record arrow.Record) error {
				record.Retain()
				select {
				case ready <- record:
					return nil
				case <-ctx.Done():
					record.Release()
					return context.Cause(ctx)
				}
			})
		}()
		stopped := false
		defer func() { // also when the loop's body panics
			cancel()
			for record := range ready {
				record.Release()
			}
		}()
		for {
			start := time.Now()
			record, more := <-ready
			stats.add(func(c *Counts) { c.Stall += time.Since(start) })
			if !more {
				break
			}
			stopped = !yield(record, nil)
			record.Release()
			if stopped {
				return
			}
		}
		if err := <-done; err != nil {
			yield(nil, err)
		}
	}
}

// Shards is a data set that preprocess has written.
type Shards struct {
	Set   *shard.Set
	Order shard.Order // Epoch is set for each pass
	Stats *Stats      // time that the reader waited is added to it; may be nil
}

// Meta describes the batches.
func (s *Shards) Meta() batch.Meta { return s.Set.Meta() }

// Len is the number of rows of a pass.
func (s *Shards) Len() int { return s.Set.Rows() }

// Batches iterates over one pass, as Manifest.Batches does.
func (s *Shards) Batches(ctx context.Context, epoch int) iter.Seq2[arrow.Record, error] {
	return s.BatchesFrom(ctx, epoch, s.Order.SkipRows)
}

// BatchesFrom is Batches without the first skipRows rows.
func (s *Shards) BatchesFrom(ctx context.Context, epoch, skipRows int) iter.Seq2[arrow.Record, error] {
	order := s.Order
	order.Epoch, order.SkipRows = epoch, skipRows
	return prefetch(ctx, s.Stats, func(ctx context.Context, emit func(arrow.Record) error) error {
		for record, err := range s.Set.Batches(ctx, order) {
			if err != nil {
				return err
			}
			if err := emit(record); err != nil {
				return err
			}
		}
		return nil
	})
}

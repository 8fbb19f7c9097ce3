package feedtest

import (
	"context"
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/pipeline/batch"
)

// Row is one row of a source.
type Row struct {
	ID     string
	Label  int32 // manifests.NoLabel when unlabelled
	View   int32
	Frames []uint8 // [T, H, W, C], nil for a row with an error
	Error  string
}

// Source is a feed.Data over rows in memory. Every pass has the rows in another order when Shuffle is set, and in the
// given order otherwise.
type Source struct {
	Rows      []Row
	PerRecord int // rows of one Arrow record
	Shuffle   bool
	Before    func(row int) error // called before a record with that first row is yielded; an error ends the pass
	meta      batch.Meta
	mem       memory.Allocator
}

// New returns a source whose Arrow memory is checked for leaks when the test ends.
func New(t *testing.T, shape batch.Shape, classes []string, rows []Row) *Source {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { mem.AssertSize(t, 0) })
	return &Source{Rows: rows, PerRecord: 3, meta: batch.Meta{Shape: shape, Classes: classes, Version: "test"}, mem: mem}
}

// Meta describes the records.
func (s *Source) Meta() batch.Meta { return s.meta }

// Len is the number of rows.
func (s *Source) Len() int { return len(s.Rows) }

// Batches yields one pass.
func (s *Source) Batches(ctx context.Context, epoch int) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		order := make([]int, len(s.Rows))
		for i := range order {
			order[i] = i
		}
		if s.Shuffle {
			order = rand.New(rand.NewPCG(99, uint64(epoch))).Perm(len(s.Rows))
		}
		for from := 0; from < len(order); from += s.PerRecord {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if s.Before != nil {
				if err := s.Before(from); err != nil {
					yield(nil, err)
					return
				}
			}
			rows := make([]Row, 0, s.PerRecord)
			for _, i := range order[from:min(from+s.PerRecord, len(order))] {
				rows = append(rows, s.Rows[i])
			}
			record, err := s.record(rows)
			if err != nil {
				yield(nil, err)
				return
			}
			more := yield(record, nil)
			record.Release()
			if !more {
				return
			}
		}
	}
}

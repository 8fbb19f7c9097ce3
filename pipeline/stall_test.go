package pipeline

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// TestStallIsTheTimeThatTheReaderWaits runs on a clock of its own: a batch takes 3 s to make, and the reader some other
// time to use.
func TestStallIsTheTimeThatTheReaderWaits(t *testing.T) {
	const batches = 5
	for _, c := range []struct {
		name string
		use  time.Duration // of a batch
		want time.Duration
	}{
		{"a reader that only waits", 0, batches * 3 * time.Second},
		{"a reader that is faster", 2 * time.Second, 3*time.Second + (batches-1)*time.Second},
		{"a reader that is slower", 4 * time.Second, 3 * time.Second}, // the first batch cannot be hidden
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stats := new(Stats)
				produce := func(_ context.Context, emit func(arrow.Record) error) error {
					for range batches {
						<-time.After(3 * time.Second)
						record := array.NewRecord(arrow.NewSchema(nil, nil), nil, 0)
						err := emit(record)
						record.Release()
						if err != nil {
							return err
						}
					}
					return nil
				}
				got := 0
				for _, err := range prefetch(t.Context(), stats, produce) {
					if err != nil {
						t.Fatal(err)
					}
					got++
					<-time.After(c.use)
				}
				if stall := stats.Counts().Stall; got != batches || stall != c.want {
					t.Errorf("%d batches, %s of waiting; want %d and %s", got, stall, batches, c.want)
				}
			})
		})
	}
}

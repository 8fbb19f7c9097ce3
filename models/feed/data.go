package feed

import (
	"context"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/pipeline/batch"
)

// Data is a source of clip batches: shards on disk, or a manifest that is decoded on the fly.
type Data interface {
	// Batches yields one pass over the data as Arrow records with the schema of package batch. The order may depend on
	// the epoch only. A record is valid until the next iteration of the loop. A non-nil error ends the pass. The
	// iterator stops soon after ctx is cancelled.
	Batches(ctx context.Context, epoch int) iter.Seq2[arrow.Record, error]
	// Meta describes every record: clip shape, classes, recipe.
	Meta() batch.Meta
	// Len returns the number of rows of one pass, including rows with errors.
	Len() int
}

// resumable is Data that can start in the middle of a pass.
type resumable interface {
	// BatchesFrom is Batches without the first skipRows rows of the pass.
	BatchesFrom(ctx context.Context, epoch, skipRows int) iter.Seq2[arrow.Record, error]
}

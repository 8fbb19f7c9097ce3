package feed

import (
	"context"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/pipeline/batch"
)

// Data is a source of clip batches: shards on disk, or a manifest decoded on the fly.
type Data interface {
	// Batches yields one pass over the data as Arrow records with the schema of package batch. The order may depend on
	// the epoch and on nothing else. A record belongs to the source and is valid until the loop's next turn. After
	// a non-nil error the pass is over. The iterator stops soon after ctx is cancelled.
	Batches(ctx context.Context, epoch int) iter.Seq2[arrow.Record, error]
	// Meta describes every record: clip shape, classes, recipe.
	Meta() batch.Meta
	// Len is the number of rows of one pass, including rows with errors.
	Len() int
}

// resumable is data that can start in the middle of a pass.
type resumable interface {
	// BatchesFrom is Batches without the first skipRows rows of the pass.
	BatchesFrom(ctx context.Context, epoch, skipRows int) iter.Seq2[arrow.Record, error]
}

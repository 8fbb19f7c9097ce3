package label

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"padapter/manifests/storage"
)

// ReadParquet reads all rows of a Parquet file, and its metadata.
func ReadParquet(ctx context.Context, path string) (rows []Row, meta map[string]string, err error) {
	return readParquetIn(ctx, memory.DefaultAllocator, path)
}

func readParquetIn(ctx context.Context, mem memory.Allocator, path string) (rows []Row, meta map[string]string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read labels %s: %w", path, err)
		}
	}()
	f, err := storage.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	table, err := file.NewParquetReader(storage.Reader(f))
	if err != nil {
		return nil, nil, err
	}
	meta = map[string]string{}
	stored := table.MetaData().KeyValueMetadata()
	for i, key := range stored.Keys() {
		meta[key] = stored.Values()[i]
	}
	if got := meta["padapter.format"]; got != formatVersion {
		return nil, nil, fmt.Errorf("its format is %q, this program reads %s", got, formatVersion)
	}
	columns, err := pqarrow.NewFileReader(table, pqarrow.ArrowReadProperties{BatchSize: rowsPerGroup}, mem)
	if err != nil {
		return nil, nil, err
	}
	schema, err := columns.Schema()
	if err != nil {
		return nil, nil, err
	}
	want, err := rowSchema(Provenance{Embedding: len(schema.Fields()) - columnEmbedding})
	if err != nil {
		return nil, nil, err
	}
	if !sameFields(schema, want) {
		return nil, nil, fmt.Errorf("its columns are %s, want %s", schema, want)
	}
	all, err := columns.ReadTable(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer all.Release()
	batches := array.NewTableReader(all, rowsPerGroup)
	defer batches.Release()
	for batches.Next() {
		record := batches.Record()
		for i := range int(record.NumRows()) {
			rows = append(rows, rowOf(record, i))
		}
	}
	return rows, meta, batches.Err()
}

// sameFields reports whether two schemas have the same column names and types.
func sameFields(a, b *arrow.Schema) bool {
	if len(a.Fields()) != len(b.Fields()) {
		return false
	}
	for i, f := range a.Fields() {
		if g := b.Field(i); f.Name != g.Name || f.Type.ID() != g.Type.ID() {
			return false
		}
	}
	return true
}

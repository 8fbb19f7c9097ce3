package label

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"padapter/manifests/storage"
)

// rowsPerGroup is the size of row groups. It is fixed, so that the bytes of a file do not depend on how its rows
// arrived.
const rowsPerGroup = 4096

type parquetWriter struct {
	draft  storage.Draft
	rows   *rowBuilder
	table  *pqarrow.FileWriter
	closed bool
}

func newParquetWriter(d storage.Draft, from Provenance) (Writer, error) {
	return newParquetWriterIn(memory.DefaultAllocator, d, from)
}

func newParquetWriterIn(mem memory.Allocator, d storage.Draft, from Provenance) (Writer, error) {
	schema, err := rowSchema(from)
	if err != nil {
		return nil, err
	}
	file, err := pqarrow.NewFileWriter(schema, d, parquet.NewWriterProperties(
		parquet.WithAllocator(mem),
		parquet.WithCompression(compress.Codecs.Zstd),
		parquet.WithCreatedBy("padapter"),
	), pqarrow.NewArrowWriterProperties(pqarrow.WithAllocator(mem), pqarrow.WithStoreSchema()))
	if err != nil {
		return nil, err
	}
	return &parquetWriter{draft: d, rows: newRowBuilder(mem, schema), table: file}, nil
}

func (w *parquetWriter) Write(row Row) error {
	w.rows.append(row)
	if w.rows.count%rowsPerGroup == 0 {
		return w.flush()
	}
	return nil
}

func (w *parquetWriter) flush() error {
	record := w.rows.NewRecord()
	defer record.Release()
	if record.NumRows() == 0 {
		return nil
	}
	return w.table.Write(record)
}

func (w *parquetWriter) Commit() error {
	if w.closed {
		return nil
	}
	w.closed = true
	err := w.flush()
	w.rows.Release()
	if err = errors.Join(err, w.table.Close()); err != nil {
		return errors.Join(fmt.Errorf("write labels: %w", err), w.draft.Abort())
	}
	return w.draft.Commit()
}

func (w *parquetWriter) Abort() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.rows.Release()
	return errors.Join(w.table.Close(), w.draft.Abort())
}

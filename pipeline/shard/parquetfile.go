package shard

import (
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"padapter/manifests/pages"
	"padapter/pipeline/batch"
)

// parquetFile reads what parquetSink wrote. Columns are read one after another in the caller's goroutine: package
// pqarrow reads them in goroutines of its own, in which a malformed file panics beyond anybody's reach.
type parquetFile struct {
	in     *file.Reader
	header batch.Meta
}

func openParquet(r io.ReaderAt, size int64, _ Job) (_ batches, err error) {
	defer recovered(&err)
	f := new(parquetFile)
	if f.in, err = file.NewParquetReader(io.NewSectionReader(r, 0, size)); err != nil {
		return nil, err
	}
	pairs := f.in.MetaData().KeyValueMetadata()
	metadata := arrow.NewMetadata(pairs.Keys(), pairs.Values())
	if f.header, err = batch.MetaOf(arrow.NewSchema(nil, &metadata)); err != nil {
		return nil, err
	}
	schema := f.in.MetaData().Schema
	want, err := pqarrow.ToParquet(flatSchema(batch.Schema(f.header)), nil, pqarrow.DefaultWriterProps())
	if err != nil {
		return nil, err
	}
	if schema.NumColumns() != want.NumColumns() {
		return nil, fmt.Errorf("it has %d columns, want %d", schema.NumColumns(), want.NumColumns())
	}
	for i := range want.NumColumns() {
		a, b := schema.Column(i), want.Column(i)
		if a.Path() != b.Path() || a.PhysicalType() != b.PhysicalType() || a.MaxDefinitionLevel() != b.MaxDefinitionLevel() || a.MaxRepetitionLevel() != b.MaxRepetitionLevel() {
			return nil, fmt.Errorf("column %d is %s, want %s", i, a, b)
		}
	}
	return f, nil
}

// recovered turns a panic of the Parquet library, which malformed files can cause, into an error.
func recovered(err *error) {
	if bad := recover(); bad != nil {
		*err = fmt.Errorf("the file is malformed: %v", bad)
	}
}

func (f *parquetFile) meta() (batch.Meta, error) { return f.header, nil }
func (f *parquetFile) count() int                { return f.in.NumRowGroups() }

// record reads row group i.
func (f *parquetFile) record(i, rows int, mem memory.Allocator) (_ arrow.Record, err error) {
	defer recovered(&err)
	group := f.in.RowGroup(i)
	if n := group.NumRows(); rows == anyRows && n >= 1 && n < 1<<24 {
		rows = int(n)
	} else if n != int64(rows) {
		return nil, fmt.Errorf("the row group has %d rows, want %d: %w", n, rows, errMalformed)
	}
	b, err := batch.NewBuilder(mem, f.header, rows)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	list := make([]batch.Row, rows)
	for i := range list {
		list[i].Label = -1
	}
	if err := f.columns(group, list, b); err != nil {
		return nil, err
	}
	for i, row := range list {
		if err := b.Set(i, row); err != nil {
			return nil, err
		}
	}
	return b.Record(rows)
}

// columns fills rows, and the pixels in the builder.
func (f *parquetFile) columns(group *file.RowGroupReader, rows []batch.Row, b *batch.Builder) error {
	framed := make([]bool, len(rows))
	crops := make([]int, len(rows))
	var wrong error
	text := func(put func(row int, v string)) func(int, parquet.ByteArray) {
		return func(row int, v parquet.ByteArray) { put(row, string(v)) }
	}
	readers := []func(r file.ColumnChunkReader) error{ // in the schema's order
		one(len(rows), text(func(i int, v string) { rows[i].ID = v })),
		one(len(rows), text(func(i int, v string) { rows[i].URI = v })),
		one(len(rows), func(i int, v int32) { rows[i].Label = v }),
		one(len(rows), func(i int, v parquet.ByteArray) {
			if framed[i] = true; copy(b.Clip(i), v) != len(v) || len(v) != f.header.Shape.Bytes() {
				wrong = fmt.Errorf("row %d has %d bytes of pixels, want %d: %w", i, len(v), f.header.Shape.Bytes(), errMalformed)
			}
		}),
		many(len(rows), f.header.Shape.Frames, func(i int, v int32) { rows[i].FrameIndex = append(rows[i].FrameIndex, v) }),
		many(len(rows), f.header.Shape.Frames, func(i int, v float64) { rows[i].Seconds = append(rows[i].Seconds, v) }),
		one(len(rows), func(i int, v int32) { rows[i].View = v }),
		one(len(rows), text(func(i int, v string) { rows[i].Error = v })),
		many(len(rows), 4, func(i int, v float64) {
			if crops[i] < 4 {
				rows[i].Crop[crops[i]] = v
			}
			crops[i]++
		}),
		one(len(rows), func(i int, v bool) { rows[i].Flip = v }),
		one(len(rows), text(func(i int, v string) { rows[i].SourceSHA256 = v })),
	}
	for c, read := range readers {
		column, err := pages.Column(group, c)
		if err == nil {
			err = read(column)
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", f.in.MetaData().Schema.Column(c).Name(), err)
		}
	}
	if i := slices.IndexFunc(rows, func(r batch.Row) bool { return r.Error == "" && r.ID == "" }); wrong == nil && i >= 0 {
		wrong = fmt.Errorf("row %d has no id: %w", i, errMalformed)
	}
	for i, row := range rows {
		if framed[i] == (row.Error != "") && wrong == nil {
			wrong = fmt.Errorf("row %d has pixels (%v) and the error %q: %w", i, framed[i], row.Error, errMalformed)
		}
	}
	return wrong
}

// chunk is a column chunk of values of one type.
type chunk[V any] interface {
	ReadBatch(n int64, values []V, definition, repetition []int16) (total int64, read int, err error)
}

// one reads a column that has a value or a null in each row. Values are handed on one by one: byte arrays lie in a page
// that the next may replace.
func one[V any](rows int, put func(row int, v V)) func(file.ColumnChunkReader) error {
	return func(r file.ColumnChunkReader) error {
		column, ok := r.(chunk[V])
		if !ok {
			return errMalformed
		}
		var value [1]V
		var definition, repetition [1]int16
		for i := range rows {
			total, read, err := column.ReadBatch(1, value[:], definition[:], repetition[:])
			if err != nil {
				return err
			}
			if total != 1 {
				return fmt.Errorf("it ends at row %d of %d: %w", i, rows, errMalformed)
			}
			if read == 1 {
				put(i, value[0])
			}
		}
		return nil
	}
}

// many reads a column of lists of at most so many values.
func many[V any](rows, most int, put func(row int, v V)) func(file.ColumnChunkReader) error {
	return func(r file.ColumnChunkReader) error {
		column, ok := r.(chunk[V])
		if !ok {
			return errMalformed
		}
		full := r.Descriptor().MaxDefinitionLevel()
		room := max(1, most)
		values, definition, repetition := make([]V, room), make([]int16, room), make([]int16, room)
		row := -1
		for limit := rows*room + 1; limit > 0; limit-- { // more reads than there can be values
			total, read, err := column.ReadBatch(int64(room), values, definition, repetition)
			if err != nil {
				return err
			}
			if total == 0 {
				break
			}
			next := 0
			for i := range int(total) {
				if repetition[i] == 0 {
					row++
				}
				if row < 0 || row >= rows {
					return errMalformed
				}
				if definition[i] != full {
					continue
				}
				if next >= read {
					return errMalformed
				}
				put(row, values[next])
				next++
			}
		}
		if row != rows-1 {
			return fmt.Errorf("it has %d rows, want %d: %w", row+1, rows, errMalformed)
		}
		return nil
	}
}

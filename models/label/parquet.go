package label

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"padapter/manifests/wholefile"
)

// FormatVersion is the version of the row schema, see docs/formats/labels.md.
const FormatVersion = "2"

// rowsPerGroup fixes where row groups end, so that the bytes of a file do not depend on how its rows arrived.
const rowsPerGroup = 4096

// Schema returns the Arrow schema of label rows.
func Schema(from Provenance) (*arrow.Schema, error) {
	classes, err := json.Marshal(from.Classes)
	if err != nil {
		return nil, fmt.Errorf("describe label rows: %w", err)
	}
	meta := arrow.NewMetadata(
		[]string{"padapter.format", "padapter.version", "padapter.model", "padapter.recipe_hash", "padapter.classes", "padapter.top_k", "padapter.abstain"},
		[]string{FormatVersion, from.Version, from.Model, from.RecipeHash, string(classes), strconv.Itoa(from.TopK), strconv.FormatFloat(from.Abstain, 'g', -1, 64)},
	)
	return arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.BinaryTypes.String},
		{Name: "uri", Type: arrow.BinaryTypes.String},
		{Name: "label_ids", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32), Nullable: true},
		{Name: "label_names", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
		{Name: "scores", Type: arrow.ListOf(arrow.PrimitiveTypes.Float32), Nullable: true},
		{Name: "entropy", Type: arrow.PrimitiveTypes.Float32, Nullable: true},
		{Name: "frames", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32), Nullable: true},
		{Name: "seconds", Type: arrow.ListOf(arrow.PrimitiveTypes.Float64), Nullable: true},
		{Name: "error", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "abstain", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "start", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "end", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	}, &meta), nil
}

type parquetWriter struct {
	draft   *wholefile.Draft
	builder *array.RecordBuilder
	table   *pqarrow.FileWriter
	rows    int
	closed  bool
}

func newParquetWriter(d *wholefile.Draft, from Provenance) (Writer, error) {
	return newParquetWriterIn(memory.DefaultAllocator, d, from)
}

func newParquetWriterIn(mem memory.Allocator, d *wholefile.Draft, from Provenance) (Writer, error) {
	schema, err := Schema(from)
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
	return &parquetWriter{draft: d, builder: array.NewRecordBuilder(mem, schema), table: file}, nil
}

func (w *parquetWriter) Write(row Row) error {
	w.builder.Field(0).(*array.StringBuilder).Append(row.ID)
	w.builder.Field(1).(*array.StringBuilder).Append(row.URI)
	if row.Error != "" {
		for i := 2; i <= 7; i++ {
			w.builder.Field(i).AppendNull()
		}
		w.builder.Field(8).(*array.StringBuilder).Append(row.Error)
		w.builder.Field(9).AppendNull()
	} else {
		appendList(w.builder.Field(2), row.Labels, (*array.Int32Builder).AppendValues)
		appendList(w.builder.Field(3), row.Names, (*array.StringBuilder).AppendValues)
		appendList(w.builder.Field(4), row.Scores, (*array.Float32Builder).AppendValues)
		w.builder.Field(5).(*array.Float32Builder).Append(row.Entropy)
		appendList(w.builder.Field(6), row.Frames, (*array.Int32Builder).AppendValues)
		appendList(w.builder.Field(7), row.Seconds, (*array.Float64Builder).AppendValues)
		w.builder.Field(8).AppendNull()
		w.builder.Field(9).(*array.BooleanBuilder).Append(row.Abstain)
	}
	for i, second := range row.Part {
		if column := w.builder.Field(10 + i).(*array.Float64Builder); row.whole() {
			column.AppendNull()
		} else {
			column.Append(second)
		}
	}
	if w.rows++; w.rows%rowsPerGroup == 0 {
		return w.flush()
	}
	return nil
}

func appendList[B array.Builder, V any](list array.Builder, values []V, add func(B, []V, []bool)) {
	l := list.(*array.ListBuilder)
	l.Append(true)
	add(l.ValueBuilder().(B), values, nil)
}

func (w *parquetWriter) flush() error {
	record := w.builder.NewRecord()
	defer record.Release()
	if record.NumRows() == 0 {
		return nil
	}
	return w.table.Write(record)
}

func (w *parquetWriter) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	err := w.flush()
	w.builder.Release()
	if err = errors.Join(err, w.table.Close()); err != nil {
		return errors.Join(fmt.Errorf("write labels: %w", err), w.draft.Discard())
	}
	return w.draft.Publish()
}

func (w *parquetWriter) Abort() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.builder.Release()
	return errors.Join(w.table.Close(), w.draft.Discard())
}

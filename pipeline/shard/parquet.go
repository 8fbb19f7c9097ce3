package shard

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"padapter/pipeline/batch"
)

// A Parquet file has the columns of a record batch, with fixed-size lists as lists and tensors as byte arrays: Parquet
// would spend four bytes on each uint8 of a list.

// flatType is the type of a column in Parquet.
func flatType(t arrow.DataType) arrow.DataType {
	switch t := t.(type) {
	case *batch.TensorType:
		return arrow.BinaryTypes.Binary
	case *arrow.FixedSizeListType:
		return arrow.ListOf(t.Elem())
	}
	return t
}

func flatSchema(schema *arrow.Schema) *arrow.Schema {
	fields := schema.Fields()
	for i := range fields {
		fields[i].Type, fields[i].Metadata = flatType(fields[i].Type), arrow.Metadata{}
	}
	return arrow.NewSchema(fields, nil)
}

type parquetSink struct {
	out    *pqarrow.FileWriter
	schema *arrow.Schema
}

func createParquet(w io.WriteSeeker, schema *arrow.Schema, job Job, _ int) (sink, error) {
	codec := compress.Codecs.Uncompressed
	if job.Compression == "zstd" {
		codec = compress.Codecs.Zstd
	}
	props := parquet.NewWriterProperties(parquet.WithCompression(codec), parquet.WithDictionaryDefault(false), parquet.WithStats(false),
		parquet.WithVersion(parquet.V2_LATEST), parquet.WithCreatedBy("padapter"))
	s := &parquetSink{schema: flatSchema(schema)}
	var err error
	if s.out, err = pqarrow.NewFileWriter(s.schema, struct{ io.Writer }{w}, props, pqarrow.DefaultWriterProps()); err != nil {
		return nil, err
	}
	metadata := schema.Metadata()
	for i, key := range metadata.Keys() {
		if err := s.out.AppendKeyValueMetadata(key, metadata.Values()[i]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *parquetSink) Write(record arrow.Record) error {
	columns := make([]arrow.Array, 0, record.NumCols())
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for _, c := range record.Columns() {
		column, err := flattened(c)
		if err != nil {
			return err
		}
		columns = append(columns, column)
	}
	flat := array.NewRecord(s.schema, columns, record.NumRows())
	defer flat.Release()
	return s.out.Write(flat) // a row group
}

func (s *parquetSink) Close() error { return s.out.Close() }

// flattened is a column in its Parquet type; the caller releases it. Pixels are not copied.
func flattened(c arrow.Array) (arrow.Array, error) {
	switch c := c.(type) {
	case *batch.TensorArray:
		pixels := c.Storage().(*array.FixedSizeList)
		from, _ := pixels.ValueOffsets(0)
		size := int64(pixels.DataType().(*arrow.FixedSizeListType).Len())
		if (from+int64(c.Len())*size)>>31 != 0 {
			return nil, fmt.Errorf("%d clips of %d bytes are too much for one row group: use fewer rows in a batch", c.Len(), size)
		}
		offsets := make([]int32, c.Len()+1)
		for i := range offsets {
			offsets[i] = int32(from + int64(i)*size)
		}
		bytes := pixels.ListValues().(*array.Uint8)
		data := array.NewData(arrow.BinaryTypes.Binary, c.Len(), []*memory.Buffer{validity(c), memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), bytes.Data().Buffers()[1]}, nil, c.NullN(), 0)
		defer data.Release()
		return array.NewBinaryData(data), nil
	case *array.FixedSizeList:
		return listed(c)
	}
	c.Retain()
	return c, nil
}

// validity is a copy of an array's validity bitmap that starts at bit 0.
func validity(c arrow.Array) *memory.Buffer {
	bits := make([]byte, (c.Len()+7)/8)
	for i := range c.Len() {
		if c.IsValid(i) {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return memory.NewBufferBytes(bits)
}

func listed(c *array.FixedSizeList) (arrow.Array, error) {
	elem := c.DataType().(*arrow.FixedSizeListType).Elem()
	b := array.NewListBuilder(memory.DefaultAllocator, elem)
	defer b.Release()
	for i := range c.Len() {
		if c.IsNull(i) {
			b.AppendNull()
			continue
		}
		b.Append(true)
		from, to := c.ValueOffsets(i)
		switch values := c.ListValues().(type) {
		case *array.Int32:
			b.ValueBuilder().(*array.Int32Builder).AppendValues(values.Int32Values()[from:to], nil)
		case *array.Float64:
			b.ValueBuilder().(*array.Float64Builder).AppendValues(values.Float64Values()[from:to], nil)
		default:
			return nil, fmt.Errorf("lists of %s are not known", elem)
		}
	}
	return b.NewArray(), nil
}

// parquetFile reads what parquetSink wrote.
type parquetFile struct {
	in     *file.Reader
	arrow  *pqarrow.FileReader
	header batch.Meta
}

func openParquet(r io.ReaderAt, size int64, _ Job) (_ batches, err error) {
	defer recovered(&err)
	f := new(parquetFile)
	if f.in, err = file.NewParquetReader(io.NewSectionReader(r, 0, size)); err != nil {
		return nil, err
	}
	if f.arrow, err = pqarrow.NewFileReader(f.in, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator); err != nil {
		return nil, err
	}
	pairs := f.in.MetaData().KeyValueMetadata()
	metadata := arrow.NewMetadata(pairs.Keys(), pairs.Values())
	if f.header, err = batch.MetaOf(arrow.NewSchema(nil, &metadata)); err != nil {
		return nil, err
	}
	schema, err := f.arrow.Schema()
	if err != nil {
		return nil, err
	}
	want := flatSchema(batch.Schema(f.header))
	if got, names := columnsOf(schema), columnsOf(want); !slices.Equal(got, names) {
		return nil, fmt.Errorf("its columns are %v, want %v", got, names)
	}
	return f, nil
}

// columnsOf lists a schema's columns with their types, the names of list elements aside.
func columnsOf(schema *arrow.Schema) []string {
	var list []string
	for _, field := range schema.Fields() {
		text := field.Name + " " + field.Type.Name()
		if l, ok := field.Type.(*arrow.ListType); ok {
			text += " of " + l.Elem().Name()
		}
		list = append(list, text)
	}
	return list
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
	if n := f.in.MetaData().RowGroup(i).NumRows(); rows == anyRows && n >= 0 && n < 1<<31 {
		rows = int(n)
	} else if n != int64(rows) {
		return nil, fmt.Errorf("the row group has %d rows, want %d: %w", n, rows, errMalformed)
	}
	columns := make([]int, f.in.MetaData().Schema.NumColumns())
	for c := range columns {
		columns[c] = c
	}
	table, err := f.arrow.ReadRowGroups(context.Background(), columns, []int{i})
	if err != nil {
		return nil, err
	}
	defer table.Release()
	b, err := batch.NewBuilder(mem, f.header, rows)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	at := 0
	reader := array.NewTableReader(table, int64(rows))
	defer reader.Release()
	for reader.Next() {
		record := reader.Record()
		for r := range int(record.NumRows()) {
			if at == rows {
				return nil, errMalformed
			}
			row, err := flatRow(record, r, b.Clip(at))
			if err != nil {
				return nil, err
			}
			if err := b.Set(at, row); err != nil {
				return nil, err
			}
			at++
		}
	}
	return b.Record(rows)
}

// flatRow is row i of a record in Parquet's types; its pixels go to clip.
func flatRow(record arrow.Record, i int, clip []byte) (batch.Row, error) {
	text := func(column int) string {
		c := record.Column(column).(*array.String)
		if c.IsNull(i) {
			return ""
		}
		return string([]byte(c.Value(i)))
	}
	span := func(column int) (values arrow.Array, from, to int64) {
		c := record.Column(column).(*array.List)
		if c.IsNull(i) {
			return c.ListValues(), 0, 0
		}
		from, to = c.ValueOffsets(i)
		return c.ListValues(), from, to
	}
	row := batch.Row{ID: text(0), URI: text(1), Label: -1, View: record.Column(6).(*array.Int32).Value(i), Error: text(7),
		Flip: record.Column(9).(*array.Boolean).Value(i), SourceSHA256: text(10)}
	if label := record.Column(2).(*array.Int32); label.IsValid(i) {
		row.Label = label.Value(i)
	}
	values, from, to := span(4)
	row.FrameIndex = slices.Clone(values.(*array.Int32).Int32Values()[from:to])
	values, from, to = span(5)
	row.Pts = slices.Clone(values.(*array.Float64).Float64Values()[from:to])
	values, from, to = span(8)
	copy(row.Crop[:], values.(*array.Float64).Float64Values()[from:to])
	frames := record.Column(3).(*array.Binary)
	if frames.IsNull(i) != (row.Error != "") || frames.IsValid(i) && len(frames.Value(i)) != len(clip) {
		return row, fmt.Errorf("row %s has %d bytes of pixels, want %d, and error %q: %w", row.ID, len(frames.Value(i)), len(clip), row.Error, errMalformed)
	}
	if frames.IsValid(i) {
		copy(clip, frames.Value(i))
	}
	return row, nil
}

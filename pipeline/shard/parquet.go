package shard

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
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

func createParquet(w *output, schema *arrow.Schema, job Job, _ int) (sink, error) {
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

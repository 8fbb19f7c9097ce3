package manifests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// parquetHeader is the key of the file's metadata under which the header stands, as JSON.
const parquetHeader = "padapter.manifest"

// parquetRows is the size of a row group: enough to compress well, few enough to hold in memory.
const parquetRows = 1 << 16

func parquetSchema() *arrow.Schema {
	fields := make([]arrow.Field, len(columns))
	var r Record
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.name, Type: arrowType(c.field(&r)), Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

func arrowType(field any) arrow.DataType {
	switch field.(type) {
	case *class, *int32:
		return arrow.PrimitiveTypes.Int32
	case *int64:
		return arrow.PrimitiveTypes.Int64
	case *float64:
		return arrow.PrimitiveTypes.Float64
	default:
		return arrow.BinaryTypes.String
	}
}

func writeParquet(w io.Writer, m *Manifest) (err error) {
	head, err := json.Marshal(headerOf(m))
	if err != nil {
		return fmt.Errorf("encode header: %w", err)
	}
	schema := parquetSchema()
	props := parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Zstd),
		parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithCreatedBy("padapter"),
	)
	out, err := pqarrow.NewFileWriter(schema, struct{ io.Writer }{w}, props, pqarrow.DefaultWriterProps())
	if err != nil {
		return fmt.Errorf("start parquet: %w", err)
	}
	closed := false
	defer func() {
		if !closed {
			err = errors.Join(err, out.Close())
		}
	}()
	if err := out.AppendKeyValueMetadata(parquetHeader, string(head)); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer builder.Release()
	for start := 0; start < len(m.Records); start += parquetRows {
		part := m.Records[start:min(start+parquetRows, len(m.Records))]
		if err := writeRowGroup(out, builder, part); err != nil {
			return fmt.Errorf("rows from %d: %w", start, err)
		}
	}
	closed = true
	if err := out.Close(); err != nil {
		return fmt.Errorf("finish parquet: %w", err)
	}
	return nil
}

func writeRowGroup(out *pqarrow.FileWriter, builder *array.RecordBuilder, records []Record) error {
	for i, c := range columns {
		b := builder.Field(i)
		b.Reserve(len(records))
		for j := range records {
			appendField(b, c.field(&records[j]))
		}
	}
	record := builder.NewRecord()
	defer record.Release()
	return out.Write(record)
}

// appendField adds one value; zero values are nulls.
func appendField(b array.Builder, field any) {
	null := false
	switch v := field.(type) {
	case *class:
		if null = *v == class(NoLabel); !null {
			b.(*array.Int32Builder).Append(int32(*v))
		}
	case *int32:
		if null = *v == 0; !null {
			b.(*array.Int32Builder).Append(*v)
		}
	case *int64:
		if null = *v == 0; !null {
			b.(*array.Int64Builder).Append(*v)
		}
	case *float64:
		if null = *v == 0; !null {
			b.(*array.Float64Builder).Append(*v)
		}
	default:
		s := text(field)
		if null = s == ""; !null {
			b.(*array.StringBuilder).Append(s)
		}
	}
	if null {
		b.AppendNull()
	}
}

// readParquet reads a file that writeParquet wrote, or any Parquet file with columns of those names and types.
func readParquet(f *os.File) (m *Manifest, err error) {
	defer func() { // the Parquet library panics on some damaged files
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("the file is damaged: %v", r)
		}
	}()
	reader, err := file.NewParquetReader(f)
	if err != nil {
		return nil, fmt.Errorf("not a readable Parquet file: %w", err)
	}
	m = &Manifest{}
	if head := reader.MetaData().KeyValueMetadata().FindValue(parquetHeader); head != nil {
		var h header
		if err := json.Unmarshal([]byte(*head), &h); err != nil {
			return nil, fmt.Errorf("metadata %s: %w", parquetHeader, err)
		}
		if err := h.apply(m); err != nil {
			return nil, err
		}
	}
	in, err := pqarrow.NewFileReader(reader, pqarrow.ArrowReadProperties{BatchSize: parquetRows}, memory.DefaultAllocator)
	if err != nil {
		return nil, fmt.Errorf("open columns: %w", err)
	}
	records, err := in.GetRecordReader(context.Background(), nil, nil)
	if err != nil {
		return nil, fmt.Errorf("open rows: %w", err)
	}
	defer records.Release()
	for records.Next() {
		if err := m.addArrow(records.Record()); err != nil {
			return nil, err
		}
	}
	if err := records.Err(); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("row %d: %w", len(m.Records), err)
	}
	return m, nil
}

func (m *Manifest) addArrow(batch arrow.Record) error {
	names := make([]string, batch.NumCols())
	for i := range names {
		names[i] = batch.ColumnName(i)
	}
	known, err := matchColumns(names)
	if err != nil {
		return err
	}
	first := len(m.Records)
	for range batch.NumRows() {
		m.Records = append(m.Records, blank())
	}
	for i, c := range known {
		values := batch.Column(i)
		for row := range int(batch.NumRows()) {
			if values.IsNull(row) {
				continue
			}
			if err := m.Records[first+row].setArrow(c, names[i], values, row); err != nil {
				return fmt.Errorf("row %d, column %s: %w", first+row, names[i], err)
			}
		}
	}
	for i := first; i < len(m.Records); i++ {
		m.Records[i].complete()
	}
	return nil
}

// setArrow takes one value over; a column that manifests don't have becomes an extra field.
func (r *Record) setArrow(c *column, name string, values arrow.Array, row int) error {
	if c == nil {
		if r.Extra == nil {
			r.Extra = map[string]string{}
		}
		r.Extra[name] = values.ValueStr(row)
		return nil
	}
	field := c.field(r)
	switch v := values.(type) {
	case *array.Int32:
		switch to := field.(type) {
		case *int32:
			*to = v.Value(row)
			return nil
		case *class:
			*to = class(v.Value(row))
			return nil
		}
	case *array.Int64:
		if to, ok := field.(*int64); ok {
			*to = v.Value(row)
			return nil
		}
	case *array.Float64:
		if to, ok := field.(*float64); ok {
			*to = v.Value(row)
			return nil
		}
	case *array.String:
		return parse(field, v.Value(row))
	}
	return parse(field, values.ValueStr(row)) // another width of number: by way of its text
}

package manifests

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// parquetHeader is the key of the file's metadata under which the header stands, as JSON.
const parquetHeader = "padapter.manifest"

// parquetRows is the size of a row group: enough to compress well, few enough to hold in memory.
const parquetRows = 1 << 16

// distinct are the columns whose values seldom repeat: a dictionary of them would be as long as the column.
var distinct = []string{"id", "uri", "start", "end", "frames", "duration", "bytes", "sha256"}

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
	props := []parquet.WriterProperty{
		parquet.WithCompression(compress.Codecs.Snappy),
		parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithCreatedBy("padapter"),
		parquet.WithDataPageSize(4 << 20),
	}
	for _, name := range distinct {
		props = append(props, parquet.WithDictionaryFor(name, false))
	}
	for _, name := range []string{"id", "uri", "sha256"} { // the bulk of a file; an encoder costs 4 MiB for each page
		props = append(props, parquet.WithCompressionFor(name, compress.Codecs.Zstd), parquet.WithCompressionLevelFor(name, 1))
	}
	out, err := pqarrow.NewFileWriter(schema, struct{ io.Writer }{w}, parquet.NewWriterProperties(props...), pqarrow.DefaultWriterProps())
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
	for start, group := range rowGroups(schema, m.Records) {
		if err := out.Write(group); err != nil {
			return fmt.Errorf("rows from %d: %w", start, err)
		}
	}
	closed = true
	if err := out.Close(); err != nil {
		return fmt.Errorf("finish parquet: %w", err)
	}
	return nil
}

// rowGroups makes the records' row groups, one ahead of who takes them. A group is released at the loop's next turn.
func rowGroups(schema *arrow.Schema, records []Record) iter.Seq2[int, arrow.Record] {
	return func(yield func(int, arrow.Record) bool) {
		made, stop := make(chan arrow.Record), make(chan struct{})
		go func() {
			defer close(made)
			builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
			defer builder.Release()
			for start := 0; start < len(records); start += parquetRows {
				group := rowGroup(builder, records[start:min(start+parquetRows, len(records))])
				select {
				case made <- group:
				case <-stop:
					group.Release()
					return
				}
			}
		}()
		defer func() { // also when the loop ends early
			close(stop)
			for group := range made {
				group.Release()
			}
		}()
		for start := 0; ; start += parquetRows {
			group, more := <-made
			if !more {
				return
			}
			on := yield(start, group)
			group.Release()
			if !on {
				return
			}
		}
	}
}

func rowGroup(builder *array.RecordBuilder, records []Record) arrow.Record {
	for i, c := range columns {
		b := builder.Field(i)
		b.Reserve(len(records))
		for j := range records {
			appendField(b, c.field(&records[j]))
		}
	}
	return builder.NewRecord()
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

package manifests

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// parquetHeader is the metadata key of the header, which is stored as JSON.
const parquetHeader = "padapter.manifest"

// parquetRows is the size of a row group: large enough to compress well, small enough to keep in memory.
const parquetRows = 1 << 16

// distinct lists the columns whose values rarely repeat. They are written without a dictionary, which would be as long
// as the column.
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

func writeParquet(w io.Writer, m *Manifest, parts Parts) (err error) {
	head, err := json.Marshal(headerOf(m))
	if err != nil {
		return fmt.Errorf("encode header: %w", err)
	}
	props := []parquet.WriterProperty{
		parquet.WithCompression(compress.Codecs.Snappy),
		parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithCreatedBy("padapter"),
		parquet.WithDataPageSize(4 << 20),
	}
	for _, name := range distinct {
		props = append(props, parquet.WithDictionaryFor(name, false))
	}
	for _, name := range []string{"id", "uri", "sha256"} { // most of a file; an encoder needs 4 MiB per page
		props = append(props, parquet.WithCompressionFor(name, compress.Codecs.Zstd), parquet.WithCompressionLevelFor(name, 1))
	}
	settings := parquet.NewWriterProperties(props...)
	schema, err := pqarrow.ToParquet(parquetSchema(), settings, pqarrow.DefaultWriterProps())
	if err != nil {
		return fmt.Errorf("start parquet: %w", err)
	}
	out := file.NewParquetWriter(struct{ io.Writer }{w}, schema.Root(), file.WithWriterProps(settings))
	closed := false
	defer func() {
		if !closed {
			err = errors.Join(err, out.Close())
		}
	}()
	if err := out.AppendKeyValueMetadata(parquetHeader, string(head)); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	start, columns := 0, newColumnWriter()
	for group, err := range regroup(parts, parquetRows) {
		if err != nil {
			return err
		}
		if err := columns.writeGroup(out.AppendRowGroup(), group); err != nil {
			return fmt.Errorf("rows from %d: %w", start, err)
		}
		start += len(group)
	}
	closed = true
	if err := out.Close(); err != nil {
		return fmt.Errorf("finish parquet: %w", err)
	}
	return nil
}

package manifests

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
)

// columnWriter collects the values of a row group, column by column. Its buffers are reused for all columns.
type columnWriter struct {
	levels  []int16 // 1: value, 0: null
	texts   []parquet.ByteArray
	int32s  []int32
	int64s  []int64
	float64 []float64
}

func newColumnWriter() *columnWriter { return &columnWriter{levels: make([]int16, parquetRows)} }

// writeGroup writes records, at most parquetRows, as one row group.
func (w *columnWriter) writeGroup(group file.SerialRowGroupWriter, records []Record) error {
	for i := range columns {
		chunk, err := group.NextColumn()
		if err == nil {
			err = w.writeColumn(chunk, &columns[i], records)
		}
		if err == nil {
			err = chunk.Close()
		}
		if err != nil {
			return fmt.Errorf("column %s: %w", columns[i].name, err)
		}
	}
	return group.Close()
}

// writeColumn writes the values of one column; zero values become nulls.
func (w *columnWriter) writeColumn(chunk file.ColumnChunkWriter, c *column, records []Record) (err error) {
	levels := w.levels[:len(records)]
	clear(levels)
	switch chunk := chunk.(type) {
	case *file.ByteArrayColumnChunkWriter:
		w.texts = w.texts[:0]
		for i := range records {
			if s := text(c.field(&records[i])); s != "" {
				levels[i] = 1
				w.texts = append(w.texts, unsafe.Slice(unsafe.StringData(s), len(s))) // the encoders only read it
			}
		}
		_, err = chunk.WriteBatch(w.texts, levels, nil)
	case *file.Int32ColumnChunkWriter:
		w.int32s = w.int32s[:0]
		for i := range records {
			v, null := int32(0), false
			switch field := c.field(&records[i]).(type) {
			case *class:
				v, null = int32(*field), *field == class(NoLabel)
			case *int32:
				v, null = *field, *field == 0
			}
			if !null {
				levels[i] = 1
				w.int32s = append(w.int32s, v)
			}
		}
		_, err = chunk.WriteBatch(w.int32s, levels, nil)
	case *file.Int64ColumnChunkWriter:
		w.int64s = w.int64s[:0]
		for i := range records {
			if v := *c.field(&records[i]).(*int64); v != 0 {
				levels[i] = 1
				w.int64s = append(w.int64s, v)
			}
		}
		_, err = chunk.WriteBatch(w.int64s, levels, nil)
	case *file.Float64ColumnChunkWriter:
		w.float64 = w.float64[:0]
		for i := range records {
			if v := *c.field(&records[i]).(*float64); v != 0 {
				levels[i] = 1
				w.float64 = append(w.float64, v)
			}
		}
		_, err = chunk.WriteBatch(w.float64, levels, nil)
	default:
		err = fmt.Errorf("unexpected type %s", chunk.Type())
	}
	return err
}

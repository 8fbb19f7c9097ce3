package manifests

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
)

// readChunk copies the values of a column chunk into records. c is nil for a column that becomes an extra field. On
// failure, row is the index of the record.
func readChunk(chunk file.ColumnChunkReader, records []Record, c *column, name string, texts *texts) (row int, err error) {
	field := func(row int) any { return c.field(&records[row]) }
	if c == nil {
		field = func(row int) any { return &extraField{&records[row], name} }
	}
	switch chunk := chunk.(type) {
	case *file.ByteArrayColumnChunkReader:
		return readValues(chunk, len(records), func(row int, v parquet.ByteArray) error {
			return texts.parse(field(row), name, unsafe.String(unsafe.SliceData(v), len(v))) // valid only as long as the page
		})
	case *file.Int32ColumnChunkReader:
		return readValues(chunk, len(records), func(row int, v int32) error { return setInt(field(row), int64(v)) })
	case *file.Int64ColumnChunkReader:
		return readValues(chunk, len(records), func(row int, v int64) error { return setInt(field(row), v) })
	case *file.Float64ColumnChunkReader:
		return readValues(chunk, len(records), func(row int, v float64) error { return setFloat(field(row), v, 64) })
	case *file.Float32ColumnChunkReader:
		return readValues(chunk, len(records), func(row int, v float32) error { return setFloat(field(row), float64(v), 32) })
	case *file.BooleanColumnChunkReader:
		return readValues(chunk, len(records), func(row int, v bool) error { return parse(field(row), strconv.FormatBool(v)) })
	}
	return 0, fmt.Errorf("its type is %s: use text or numbers", chunk.Type())
}

// chunkOf is a column chunk with values of one type.
type chunkOf[V any] interface {
	file.ColumnChunkReader
	ReadBatch(n int64, values []V, definition, repetition []int16) (total int64, read int, err error)
}

// readValues calls put for every value that is not null.
func readValues[V any](chunk chunkOf[V], rows int, put func(row int, v V) error) (int, error) {
	const most = 1024
	values, levels := make([]V, most), make([]int16, most)
	nullable := chunk.Descriptor().MaxDefinitionLevel() > 0
	for row := 0; row < rows; {
		total, read, err := chunk.ReadBatch(int64(min(most, rows-row)), values, levels, nil)
		if err == nil && total == 0 {
			err = errors.New("the column ends here, before the row group does")
		}
		if err != nil {
			return row, err
		}
		next := 0
		for i := range int(total) {
			if nullable && levels[i] == 0 {
				continue
			}
			if next == read {
				return row + i, errors.New("the file is damaged: the value is missing")
			}
			if err := put(row+i, values[next]); err != nil {
				return row + i, err
			}
			next++
		}
		row += int(total)
	}
	return 0, nil
}

// extraField is a field of Record.Extra.
type extraField struct {
	record *Record
	name   string
}

func (f *extraField) set(s string) {
	if s == "" {
		return
	}
	if f.record.Extra == nil {
		f.record.Extra = map[string]string{}
	}
	f.record.Extra[f.name] = s
}

// setInt sets a field of any type from an integer.
func setInt(field any, v int64) error {
	switch to := field.(type) {
	case *int64:
		*to = v
		return nil
	case *float64:
		*to = float64(v)
		return nil
	case *int32:
		if int64(int32(v)) == v {
			*to = int32(v)
			return nil
		}
	case *class:
		if int64(int32(v)) == v {
			*to = class(v)
			return nil
		}
	}
	return parse(field, strconv.FormatInt(v, 10))
}

// setFloat sets a field of any type from a floating-point number with the given number of bits.
func setFloat(field any, x float64, bits int) error {
	if to, ok := field.(*float64); ok && bits == 64 && !math.IsNaN(x) && !math.IsInf(x, 0) {
		*to = x
		return nil
	}
	return parse(field, strconv.FormatFloat(x, 'g', -1, bits))
}

package manifests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

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
	if info, err := f.Stat(); err == nil { // no row is smaller than a byte, whatever a damaged file says
		m.Records = make([]Record, 0, max(0, min(reader.NumRows(), info.Size())))
	}
	shared := make(interned)
	for records.Next() {
		if err := m.addArrow(records.Record(), shared); err != nil {
			return nil, err
		}
	}
	if err := records.Err(); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("row %d: %w", len(m.Records), err)
	}
	return m, nil
}

func (m *Manifest) addArrow(batch arrow.Record, shared interned) error {
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
	rows := m.Records[first:]
	for i, c := range known {
		if row, err := setColumn(rows, c, names[i], batch.Column(i), shared); err != nil {
			return fmt.Errorf("row %d, column %s: %w", first+row, names[i], err)
		}
	}
	for i := range rows {
		rows[i].complete()
	}
	return nil
}

// setColumn takes a column's values over into rows. On failure it says in which row.
func setColumn(rows []Record, c *column, name string, values arrow.Array, shared interned) (row int, err error) {
	texts, isText := values.(*array.String)
	repeats := isText && c != nil && !slices.Contains(distinct, name)
	for i := range rows {
		if values.IsNull(i) {
			continue
		}
		switch {
		case c == nil: // a column that manifests don't have is an extra field
			if rows[i].Extra == nil {
				rows[i].Extra = map[string]string{}
			}
			rows[i].Extra[name] = strings.Clone(values.ValueStr(i))
		case repeats:
			err = parse(c.field(&rows[i]), shared.of(texts.Value(i)))
		case isText:
			err = parse(c.field(&rows[i]), texts.Value(i)) // stays in the column's memory
		default:
			err = setNumber(c.field(&rows[i]), values, i)
		}
		if err != nil {
			return i, err
		}
	}
	return 0, nil
}

// setNumber takes one value over that is not text.
func setNumber(field any, values arrow.Array, row int) error {
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
		if to, ok := field.(*float64); ok && !math.IsNaN(v.Value(row)) && !math.IsInf(v.Value(row), 0) {
			*to = v.Value(row)
			return nil
		}
	}
	return parse(field, values.ValueStr(row)) // another width of number: by way of its text
}

// interned keeps one copy of each text that repeats.
type interned map[string]string

// mostInterned bounds how many texts are kept: a column of more than that does not repeat much.
const mostInterned = 1 << 16

func (m interned) of(s string) string {
	if one, ok := m[s]; ok {
		return one
	}
	if len(m) == mostInterned {
		return s
	}
	s = strings.Clone(s)
	m[s] = s
	return s
}

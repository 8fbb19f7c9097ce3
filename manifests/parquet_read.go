package manifests

import (
	"encoding/json"
	"fmt"

	"github.com/apache/arrow/go/v17/parquet/file"

	"padapter/manifests/pages"
	"padapter/manifests/storage"
)

// readParquet reads a file of writeParquet, or any Parquet file with columns of the same names. Everything runs in the
// calling goroutine, because the Parquet library panics on some damaged files.
func readParquet(f storage.Object, into *collector) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the file is damaged: %v", r)
		}
	}()
	in, err := file.NewParquetReader(storage.Reader(f))
	if err != nil {
		return fmt.Errorf("not a readable Parquet file: %w", err)
	}
	m := into.m
	if head := in.MetaData().KeyValueMetadata().FindValue(parquetHeader); head != nil {
		var h header
		if err := json.Unmarshal([]byte(*head), &h); err != nil {
			return fmt.Errorf("metadata %s: %w", parquetHeader, err)
		}
		if err := h.apply(m); err != nil {
			return err
		}
	}
	known, err := parquetColumns(in)
	if err != nil {
		return err
	}
	rows := in.NumRows()
	if rows < 0 || rows/parquetMostRows > f.Size() {
		return fmt.Errorf("the file is damaged: it claims %d rows in %d bytes", rows, f.Size())
	}
	if err := into.begun(); err != nil {
		return err
	}
	texts := newTexts()
	for g := range in.NumRowGroups() {
		if err := into.addRowGroup(in.RowGroup(g), known, rows, texts); err != nil {
			return err
		}
	}
	if have := into.handed + int64(len(m.Records)); have != rows {
		return fmt.Errorf("the file is damaged: it has %d rows and claims %d", have, rows)
	}
	return nil
}

// parquetMostRows is the maximum number of rows per byte of a plausible file. Every row has a unique id, but the last
// page of a small file may compress very well.
const parquetMostRows = 8

// parquetColumns returns the column of each column of the file, or nil if it becomes an extra field.
func parquetColumns(in *file.Reader) ([]*column, error) {
	schema := in.MetaData().Schema
	names := make([]string, schema.NumColumns())
	for i := range names {
		c := schema.Column(i)
		if c.MaxRepetitionLevel() > 0 || c.MaxDefinitionLevel() > 1 || len(c.ColumnPath()) != 1 {
			return nil, fmt.Errorf("column %q is a list or a structure: only plain columns can be read", c.ColumnPath().String())
		}
		names[i] = c.Name()
	}
	return matchColumns(names)
}

// addRowGroup reads the records of a row group, whole or in parts. all is the number of rows of the file.
func (in *collector) addRowGroup(group *file.RowGroupReader, known []*column, all int64, texts *texts) error {
	rows := group.NumRows()
	if before := in.handed + int64(len(in.m.Records)); rows < 0 || rows > all-before {
		return fmt.Errorf("the file is damaged: a row group claims %d of the %d rows", rows, all)
	}
	chunks := make([]file.ColumnChunkReader, len(known))
	for left := rows; left > 0; {
		n := left
		if !in.whole() {
			n = min(left, partRows)
		}
		if err := in.addRows(group, chunks, n, known, all, texts); err != nil {
			return err
		}
		if left -= n; in.whole() {
			continue
		}
		if err := in.pass(false); err != nil {
			return err
		}
	}
	return nil
}

// addRows appends the next records of a row group. It opens column chunks that are not open yet.
func (in *collector) addRows(group *file.RowGroupReader, chunks []file.ColumnChunkReader, rows int64, known []*column, all int64, texts *texts) error {
	m := in.m
	first := int64(len(m.Records))
	before := in.handed + first
	if first+rows > int64(cap(m.Records)) { // grow stepwise: a damaged file may claim any number of rows
		more := int64(0)
		if in.whole() {
			more = min(all-before-rows, 15*first+parquetRows)
		}
		grown := make([]Record, first, first+rows+more)
		copy(grown, m.Records)
		m.Records = grown
	}
	for range rows {
		m.Records = append(m.Records, blank())
	}
	part := m.Records[first:]
	for i, c := range known {
		name := group.MetaData().Schema.Column(i).Name()
		row, err := 0, error(nil)
		if chunks[i] == nil {
			chunks[i], err = pages.Column(group, i)
		}
		if err == nil {
			row, err = readChunk(chunks[i], part, c, name, texts)
		}
		if in.whole() {
			chunks[i] = nil // its pages are held in memory
		}
		if err != nil {
			return fmt.Errorf("row %d, column %s: %w", int(before)+row, name, err)
		}
	}
	for i := range part {
		part[i].complete()
	}
	return nil
}

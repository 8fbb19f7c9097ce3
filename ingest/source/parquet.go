package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"

	"padapter/manifests/pages"
)

// keptCursors is how many places of a Parquet file are kept for the next cell. Each holds one page of a column.
const keptCursors = 2

// cells reads single cells of a Parquet file. A row group's column can only be read from its start, so it keeps
// cursors that go forward, and what they pass among the recent pieces.
type cells struct {
	of     byteRange
	recent *lruCache
	turn   chan struct{} // full while someone reads

	// Of whom the turn is:
	in      *underContext
	file    *file.Reader
	first   []int64 // the first row of every row group, and the number of all rows
	cursors []*cursor
}

// cursor goes through one column of one row group.
type cursor struct {
	column, group int
	in            *file.ByteArrayColumnChunkReader
	next          int64 // row of the file
}

func openCells(ctx context.Context, of byteRange, r *lruCache) (_ *cells, err error) {
	defer recoverParquet(&err)
	in := &underContext{ctx, of}
	props := parquet.NewReaderProperties(memory.NewGoAllocator())
	props.BufferedStreamEnabled = true
	props.BufferSize = 64 << 10
	f, err := file.NewParquetReader(io.NewSectionReader(in, 0, of.Size()), file.WithReadProps(props))
	if err != nil {
		return nil, parquetError(in, fmt.Errorf("read it as Parquet: %w", err))
	}
	c := &cells{of: of, recent: r, turn: make(chan struct{}, 1), in: in, file: f, first: []int64{0}}
	for i := range f.NumRowGroups() {
		rows := f.RowGroup(i).NumRows()
		if rows < 0 {
			return nil, fmt.Errorf("read it as Parquet: row group %d has %d rows", i, rows)
		}
		c.first = append(c.first, c.first[i]+rows)
	}
	return c, nil
}

// recoverParquet makes an error of the panic with which the Parquet library meets some damage.
func recoverParquet(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("read it as Parquet: the file is damaged: %v", p)
	}
}

// parquetError prefers the context's error, which the Parquet library doesn't always pass on.
func parquetError(in *underContext, err error) error {
	if in.ctx.Err() != nil {
		return in.ctx.Err()
	}
	return err
}

func (c *cells) open(ctx context.Context, u URI, release func() error) (Object, error) {
	data, err := c.cell(ctx, u.Column, u.Record)
	if err != nil {
		return nil, fmt.Errorf("column %q, row %d: %w", u.Column, u.Record, err)
	}
	return newPart(ctx, byteRangeOf(data), 0, int64(len(data)), release), nil
}

func pieceName(column int, row int64) string {
	return strconv.Itoa(column) + " " + strconv.FormatInt(row, 10)
}

func (c *cells) cell(ctx context.Context, name string, row int64) (data []byte, err error) {
	column, err := c.column(name)
	if err != nil {
		return nil, err
	}
	if row >= c.first[len(c.first)-1] {
		return nil, fmt.Errorf("the file has %d rows: %w", c.first[len(c.first)-1], fs.ErrNotExist)
	}
	if data, ok := c.recent.get(c, pieceName(column, row)); ok {
		return data, nil
	}
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.turn }()
	if data, ok := c.recent.get(c, pieceName(column, row)); ok { // another one passed it
		return data, nil
	}
	c.in.ctx = ctx
	return c.read(column, row)
}

// column finds a column of bytes: a plain one, or the field "bytes" of a column of structs.
func (c *cells) column(name string) (int, error) {
	schema := c.file.MetaData().Schema
	var have []string
	for i := range schema.NumColumns() {
		col := schema.Column(i)
		if path := col.Path(); path != name && path != name+".bytes" {
			have = append(have, path)
			continue
		}
		if col.PhysicalType() != parquet.Types.ByteArray || col.MaxRepetitionLevel() > 0 {
			return 0, fmt.Errorf("its values are %s, not single strings of bytes", describeColumn(col.PhysicalType(), col.MaxRepetitionLevel()))
		}
		return i, nil
	}
	return 0, fmt.Errorf("%w: the columns are %s", fs.ErrNotExist, strings.Join(have, ", "))
}

func describeColumn(t parquet.Type, repeated int16) string {
	if repeated > 0 {
		return "lists of " + t.String()
	}
	return t.String()
}

// read goes forward to a cell in its row group, from the group's start if it was passed.
func (c *cells) read(column int, row int64) (data []byte, err error) {
	cur, err := c.cursor(column, row)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil && !errors.Is(err, errNull) {
			c.cursors = slices.DeleteFunc(c.cursors, func(other *cursor) bool { return other == cur })
			err = parquetError(c.in, err)
		}
	}()
	defer recoverParquet(&err)
	for {
		at := cur.next
		value, null, err := cur.read()
		switch {
		case err != nil:
			return nil, err
		case null && at == row:
			return nil, errNull
		case null:
			continue
		}
		kept := slices.Clone(value)
		c.recent.put(c, pieceName(column, at), kept)
		if at == row {
			return kept, nil
		}
	}
}

var errNull = errors.New("the cell holds no bytes but null; where the file names a path instead, give that file")

func (u *cursor) read() (value []byte, null bool, err error) {
	values, levels := make([]parquet.ByteArray, 1), make([]int16, 1)
	total, read, err := u.in.ReadBatch(1, values, levels, nil)
	if err == nil {
		err = u.in.Err()
	}
	if err == nil && total != 1 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, false, fmt.Errorf("read it as Parquet: row %d: %w", u.next, err)
	}
	u.next++
	return values[0], read == 0, nil
}

// cursor finds or makes a cursor that stands at a row or before it in the same row group.
func (c *cells) cursor(column int, row int64) (_ *cursor, err error) {
	defer recoverParquet(&err)
	group, found := slices.BinarySearch(c.first, row)
	if !found {
		group--
	}
	for c.first[group+1] <= row { // past empty groups
		group++
	}
	for i, cur := range c.cursors {
		if cur.column == column && cur.group == group && cur.next <= row {
			c.cursors = append(slices.Delete(c.cursors, i, i+1), cur)
			return cur, nil
		}
	}
	chunk, err := pages.Column(c.file.RowGroup(group), column)
	if err != nil {
		return nil, parquetError(c.in, fmt.Errorf("read it as Parquet: %w", err))
	}
	in, ok := chunk.(*file.ByteArrayColumnChunkReader)
	if !ok {
		return nil, fmt.Errorf("its values are %s, not strings of bytes", chunk.Type())
	}
	if len(c.cursors) == keptCursors {
		c.cursors = slices.Delete(c.cursors, 0, 1)
	}
	cur := &cursor{column: column, group: group, in: in, next: c.first[group]}
	c.cursors = append(c.cursors, cur)
	return cur, nil
}

func (c *cells) Close() error {
	c.recent.forget(c)
	return c.of.Close()
}

package shard

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/pipeline/batch"
)

// scattered is implemented by files whose clips can be read one by one.
type scattered interface {
	// rowsOf reads record batch i but for its pixels: clip r of the record has its bytes in the file at first + r times a
	// clip's size. ok is false where that cannot be; then nothing was read. The record's frames may be asked for being
	// there (batch.Clips.Has), not for their bytes.
	rowsOf(i, rows int, mem memory.Allocator) (record arrow.Record, first int64, ok bool, err error)
}

// rowsOf implements scattered for record batches that are not compressed.
func (f *ipcFile) rowsOf(i, rows int, mem memory.Allocator) (record arrow.Record, first int64, ok bool, err error) {
	b := f.blocks[i]
	head := make([]byte, b.meta)
	if _, err := f.r.ReadAt(head, b.offset); err != nil {
		return nil, 0, false, err
	}
	prefix := 4
	if bytes.Equal(head[:4], continuation) {
		prefix = 8
	}
	l := &loader{meta: flat{b: head[prefix:]}, mem: mem}
	number, hole, ok := l.pixels(f.schema, b.body)
	if !ok {
		return nil, 0, false, nil
	}
	rest := memory.NewResizableBuffer(mem)
	defer rest.Release()
	rest.Resize(int(b.body - hole.size))
	at := b.offset + int64(b.meta)
	for _, part := range []struct {
		to   []byte
		from int64
	}{{rest.Bytes()[:hole.offset], at}, {rest.Bytes()[hole.offset:], at + hole.offset + hole.size}} {
		if _, err := f.r.ReadAt(part.to, part.from); err != nil && (len(part.to) > 0 || !errors.Is(err, io.EOF)) {
			return nil, 0, false, err
		}
	}
	l.body, l.hole, l.holeNumber = rest, hole, number
	record, err = l.record(f.schema, rows)
	return record, at + hole.offset, err == nil, err
}

// pixels finds the buffer of the frames' bytes and where it lies within the body of a record batch; false where they are compressed, or where the
// message is malformed, which reading it whole explains.
func (l *loader) pixels(schema *arrow.Schema, body int64) (number int, hole member, ok bool) {
	m := &l.meta
	header := m.field(m.follow(0), 2)
	table := m.follow(header)
	first, count := m.structs(table, 2, bufferSize)
	columns := schema.FieldIndices("frames")
	if header == 0 || m.field(table, 3) != 0 || len(columns) != 1 {
		return 0, hole, false
	}
	for _, field := range schema.Fields()[:columns[0]] {
		number += bufferCount(field.Type)
	}
	if _, tensor := schema.Field(columns[0]).Type.(*batch.TensorType); !tensor {
		return 0, hole, false
	}
	number += bufferCount(schema.Field(columns[0]).Type) - 1
	if m.bad || number >= count {
		return 0, hole, false
	}
	hole = member{m.i64(first + number*bufferSize), m.i64(first + number*bufferSize + 8)}
	return number, hole, !m.bad && hole.offset >= 0 && hole.size > 0 && hole.offset <= body && hole.size <= body-hole.offset
}

// bufferCount is the number of buffers of a column of one of the types that shards of clips have.
func bufferCount(t arrow.DataType) int {
	switch t := t.(type) {
	case arrow.ExtensionType:
		return bufferCount(t.StorageType())
	case *arrow.StringType:
		return 3
	case *arrow.FixedSizeListType:
		return 1 + bufferCount(t.Elem())
	}
	return 2
}

// mostScattered is the most record batches of a window, and so of open shards, whose clips are read one by one.
const mostScattered = 256

// scatter reads the rows of a window's record batches without their pixels. ok is false if the files do not allow that.
func (p *pass) scatter(w window) (rows []rowAt, done func(), ok bool, err error) {
	open := map[int]*reader{}
	var records []arrow.Record
	done = func() {
		for _, record := range records {
			record.Release()
		}
		for _, r := range open {
			r.close() // read only: nothing can be lost
		}
	}
	if len(w.places) > mostScattered {
		return nil, done, false, nil
	}
	for _, place := range w.places {
		r := open[place.shard]
		if r == nil {
			if r, err = p.set.open(place.shard); err != nil {
				return nil, done, false, err
			}
			open[place.shard] = r
		}
		in, ok := r.in.(scattered)
		if !ok {
			return nil, done, false, nil
		}
		record, first, ok, err := in.rowsOf(place.batch, place.rows, p.set.mem)
		if err != nil || !ok {
			return nil, done, false, r.explain(place.batch, err)
		}
		records = append(records, record)
		clips, err := batch.View(record)
		if err != nil {
			return nil, done, false, r.explain(place.batch, err)
		}
		for row := range clips.Len() {
			rows = append(rows, rowAt{clips: clips, row: row, in: r, offset: first + int64(row)*int64(clips.Shape().Bytes())})
		}
	}
	return slices.Clip(rows), done, true, nil
}

package shard

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// loader turns the message of one record batch into arrays that share its memory.
type loader struct {
	meta flat
	body *memory.Buffer
	mem  memory.Allocator

	nodes, nodeCount     int
	buffers, bufferCount int
	node, buffer         int // next
	codec                codec
	hole                 member // part of the message's body that body lacks: the bytes of one buffer, holeNumber; see rowsOf
	holeNumber           int
}

// Sizes of structs in a message, and the number that marks a record batch.
const (
	nodeSize    = 16
	bufferSize  = 16
	headerBatch = 3
)

// maxValues bounds the values of a column, so that their bytes can be counted in an int.
const maxValues = 1 << 40

// anyRows stands for as many rows as the record batch says.
const anyRows = -1

var errMalformed = errors.New("the record batch is malformed")

func (l *loader) record(schema *arrow.Schema, rows int) (arrow.Record, error) {
	m := &l.meta
	message := m.follow(0)
	kind, header := m.field(message, 1), m.field(message, 2)
	if kind == 0 || header == 0 || m.u8(kind) != headerBatch {
		return nil, errMalformed
	}
	table := m.follow(header)
	length := int64(0)
	if at := m.field(table, 0); at != 0 {
		length = m.i64(at)
	}
	if rows == anyRows && length >= 0 && length <= int64(l.body.Len()) { // a row takes at least a byte
		rows = int(length)
	}
	if length != int64(rows) {
		return nil, fmt.Errorf("the record batch has %d rows, want %d: %w", length, rows, errMalformed)
	}
	l.codec = uncompressed
	l.nodes, l.nodeCount = m.structs(table, 1, nodeSize)
	l.buffers, l.bufferCount = m.structs(table, 2, bufferSize)
	if compression := m.field(table, 3); compression != 0 {
		l.codec = lz4Frame
		if id := m.field(m.follow(compression), 0); id != 0 {
			l.codec = codec(m.u8(id))
		}
	}
	if m.bad {
		return nil, errMalformed
	}
	columns := make([]arrow.Array, 0, schema.NumFields())
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for _, field := range schema.Fields() {
		data, err := l.data(field.Type, rows)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", field.Name, err)
		}
		columns = append(columns, array.MakeFromData(data))
		data.Release()
	}
	return array.NewRecord(schema, columns, int64(rows)), nil
}

// data loads the next n values of a type.
func (l *loader) data(t arrow.DataType, n int) (arrow.ArrayData, error) {
	if extension, ok := t.(arrow.ExtensionType); ok {
		storage, err := l.data(extension.StorageType(), n)
		if err != nil {
			return nil, err
		}
		defer storage.Release()
		return array.NewData(t, n, storage.Buffers(), storage.Children(), storage.NullN(), 0), nil
	}
	nulls, err := l.nextNode(n)
	if err != nil {
		return nil, err
	}
	var buffers []*memory.Buffer
	defer func() {
		for _, b := range buffers {
			if b != nil {
				b.Release()
			}
		}
	}()
	next := func(least int) error {
		b, err := l.nextBuffer(least)
		buffers = append(buffers, b)
		return err
	}
	if err := next(0); err != nil {
		return nil, err
	}
	if valid := buffers[0]; nulls == 0 {
		valid.Release()
		buffers[0] = nil
	} else if valid.Len() < int(bitutil.BytesForBits(int64(n))) {
		return nil, errMalformed
	}
	switch t := t.(type) {
	case *arrow.StringType:
		if err := next(4 * (n + 1)); err != nil {
			return nil, err
		}
		if err := next(0); err != nil {
			return nil, err
		}
		if err := checkOffsets(buffers[1].Bytes(), n, buffers[2].Len()); err != nil {
			return nil, err
		}
	case *arrow.ListType:
		if err := next(4 * (n + 1)); err != nil {
			return nil, err
		}
		count := int(binary.LittleEndian.Uint32(buffers[1].Bytes()[4*n:]))
		if err := checkOffsets(buffers[1].Bytes(), n, count); err != nil {
			return nil, err
		}
		child, err := l.data(t.Elem(), count)
		if err != nil {
			return nil, err
		}
		defer child.Release()
		return array.NewData(t, n, buffers, []arrow.ArrayData{child}, nulls, 0), nil
	case *arrow.FixedSizeListType:
		if t.Len() < 0 || int64(n)*int64(t.Len()) > maxValues {
			return nil, errMalformed
		}
		child, err := l.data(t.Elem(), n*int(t.Len()))
		if err != nil {
			return nil, err
		}
		defer child.Release()
		return array.NewData(t, n, buffers, []arrow.ArrayData{child}, nulls, 0), nil
	case arrow.FixedWidthDataType:
		if err := next(int(bitutil.BytesForBits(int64(n) * int64(t.BitWidth())))); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("type %s is not one that shards have", t)
	}
	return array.NewData(t, n, buffers, nil, nulls, 0), nil
}

// nextNode reads the next field's number of nulls; its length must be n.
func (l *loader) nextNode(n int) (nulls int, err error) {
	if l.node >= l.nodeCount {
		return 0, errMalformed
	}
	at := l.nodes + l.node*nodeSize
	l.node++
	length, count := l.meta.i64(at), l.meta.i64(at+8)
	if length != int64(n) || count < 0 || count > length {
		return 0, fmt.Errorf("%d values with %d nulls, want %d values: %w", length, count, n, errMalformed)
	}
	return int(count), nil
}

// nextBuffer slices the next buffer out of the body, or decompresses it, and checks that it has at least so many bytes.
// Strings are the only buffers whose size the schema does not give; they are bounded.
func (l *loader) nextBuffer(least int) (*memory.Buffer, error) {
	if l.buffer >= l.bufferCount {
		return nil, errMalformed
	}
	at := l.buffers + l.buffer*bufferSize
	l.buffer++
	offset, length := l.meta.i64(at), l.meta.i64(at+8)
	if hole := l.hole; hole.size > 0 {
		switch {
		case l.buffer-1 == l.holeNumber:
			if length < int64(least) {
				return nil, errMalformed
			}
			return nil, nil
		case offset >= 0 && offset >= hole.offset+hole.size:
			offset -= hole.size
		case length < 0 || offset < 0 || offset > hole.offset || length > hole.offset-offset:
			return nil, errMalformed
		}
	}
	if body := int64(l.body.Len()); offset < 0 || length < 0 || offset > body || length > body-offset {
		return nil, errMalformed
	}
	b := memory.SliceBuffer(l.body, int(offset), int(length))
	if l.codec != uncompressed && length > 0 {
		packed := b
		defer packed.Release()
		var err error
		if b, err = l.codec.unpack(packed, max(2*least+64, 1<<24), l.mem); err != nil {
			return nil, err
		}
	}
	if b.Len() < least {
		b.Release()
		return nil, errMalformed
	}
	return b, nil
}

// checkOffsets checks that n strings lie one after another within size bytes.
func checkOffsets(offsets []byte, n, size int) error {
	last := uint32(0)
	for i := range n + 1 {
		at := binary.LittleEndian.Uint32(offsets[4*i:])
		if at < last || int64(at) > int64(size) {
			return errMalformed
		}
		last = at
	}
	return nil
}

// allButLast loads all columns but the last, which is of byte arrays, and of that the offsets.
func (l *loader) allButLast(schema *arrow.Schema) (columns []arrow.Array, offsets []int32, err error) {
	m := &l.meta
	table := m.follow(m.field(m.follow(0), 2))
	rows := 0
	if at := m.field(table, 0); at != 0 {
		n := m.i64(at)
		if n < 0 || n > int64(l.body.Len()) { // a row takes at least a byte
			return nil, nil, errMalformed
		}
		rows = int(n)
	}
	l.codec = uncompressed
	l.nodes, l.nodeCount = m.structs(table, 1, nodeSize)
	l.buffers, l.bufferCount = m.structs(table, 2, bufferSize)
	if m.bad {
		return nil, nil, errMalformed
	}
	last := schema.NumFields() - 1
	for _, field := range schema.Fields()[:last] {
		data, err := l.data(field.Type, rows)
		if err != nil {
			return columns, nil, fmt.Errorf("column %s: %w", field.Name, err)
		}
		columns = append(columns, array.MakeFromData(data))
		data.Release()
	}
	if _, err := l.nextNode(rows); err != nil {
		return columns, nil, err
	}
	if _, err := l.nextBuffer(0); err != nil {
		return columns, nil, err
	}
	at, err := l.nextBuffer(4 * (rows + 1))
	if err != nil {
		return columns, nil, err
	}
	return columns, arrow.Int32Traits.CastFromBytes(at.Bytes())[:rows+1], nil
}

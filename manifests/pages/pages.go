// Package pages opens Parquet columns so that reading them terminates for any file. Arrow's column reader loops forever
// on a data page that claims more values than its definition levels hold. Here such a page is an error.
package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"
)

// Column returns a reader of column i of a row group, as the group's own Column method does.
func Column(group *file.RowGroupReader, i int) (file.ColumnChunkReader, error) {
	if i < 0 || i >= group.NumColumns() {
		return nil, fmt.Errorf("there is no column %d: the row group has %d", i, group.NumColumns())
	}
	reader, err := group.GetColumnPageReader(i)
	if err != nil {
		return nil, err
	}
	descr := group.MetaData().Schema.Column(i)
	mem := memory.DefaultAllocator
	buffers := &sync.Pool{New: func() any { return memory.NewResizableBuffer(mem) }}
	return file.NewColumnReader(descr, &checked{
		PageReader: reader, definition: int(descr.MaxDefinitionLevel()), repetition: int(descr.MaxRepetitionLevel()),
	}, mem, buffers), nil
}

// checked passes on only complete pages.
type checked struct {
	file.PageReader
	definition, repetition int // maximum levels
	err                    error
}

var errShort = errors.New("the file is damaged: a page ends before its values do")

func (c *checked) Next() bool {
	if c.err != nil || !c.PageReader.Next() {
		return false
	}
	c.err = c.check(c.Page())
	return c.err == nil
}

func (c *checked) Err() error {
	if c.err != nil {
		return c.err
	}
	return c.PageReader.Err()
}

// check validates the levels of a data page.
func (c *checked) check(page file.Page) error {
	data := page.Data()
	switch p := page.(type) {
	case *file.DataPageV1:
		for _, level := range []struct {
			largest  int
			encoding parquet.Encoding
		}{{c.repetition, p.RepetitionLevelEncoding()}, {c.definition, p.DefinitionLevelEncoding()}} {
			if level.largest == 0 {
				continue
			}
			width, n := bits.Len(uint(level.largest)), int64(p.NumValues())
			if level.encoding == parquet.Encodings.BitPacked {
				size := (n*int64(width) + 7) / 8
				if n < 0 || size > int64(len(data)) {
					return errShort
				}
				data = data[size:]
				continue
			}
			if len(data) < 4 {
				return errShort
			}
			size := int64(binary.LittleEndian.Uint32(data))
			if data = data[4:]; size > int64(len(data)) || !holds(data[:size], width, n) {
				return errShort
			}
			data = data[size:]
		}
	case *file.DataPageV2:
		n, reps, defs := int64(p.NumValues()), int64(p.RepetitionLevelByteLen()), int64(p.DefinitionLevelByteLen())
		if reps < 0 || defs < 0 || reps+defs > int64(len(data)) {
			return errShort
		}
		if c.repetition > 0 && !holds(data[:reps], bits.Len(uint(c.repetition)), n) ||
			c.definition > 0 && !holds(data[reps:reps+defs], bits.Len(uint(c.definition)), n) {
			return errShort
		}
	}
	return nil
}

// holds reports whether data in Parquet's run-length/bit-packed hybrid encoding, with values of width bits, contains at
// least n values.
func holds(data []byte, width int, n int64) bool {
	for n > 0 {
		head, used := binary.Uvarint(data)
		if used <= 0 || head>>1 == 0 || head>>1 > 1<<31 {
			return false
		}
		data = data[used:]
		size, values := int64(width+7)/8, int64(head>>1) // a run of one value
		if head&1 == 1 {                                 // groups of eight values
			size, values = int64(head>>1)*int64(width), int64(head>>1)*8
		}
		if size > int64(len(data)) {
			if head&1 == 0 {
				return false
			}
			size = int64(len(data)) // writers may cut the padding of the last group
			values = size * 8 / int64(width)
		}
		data = data[size:]
		n -= values
	}
	return n <= 0
}

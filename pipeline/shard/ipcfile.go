package shard

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// ipcFile reads Arrow IPC files of the shapes that shards have. Package ipc reads the schema; record batches are read
// here, with one read for each and without copies, and with every length checked before it is believed, which package
// ipc does not do.
type ipcFile struct {
	r      io.ReaderAt
	size   int64
	schema *arrow.Schema
	blocks []block
}

// block is where a record batch lies.
type block struct {
	offset, body int64
	meta         int
}

var (
	magic        = []byte("ARROW1")
	continuation = []byte{255, 255, 255, 255}
)

const maxFooter = 64 << 20

func openIPC(r io.ReaderAt, size int64) (f *ipcFile, err error) {
	defer func() {
		if bad := recover(); bad != nil { // package ipc panics on some malformed schemas
			f, err = nil, fmt.Errorf("the schema is malformed: %v", bad)
		}
	}()
	f = &ipcFile{r: r, size: size}
	footer, err := f.footer()
	if err != nil {
		return nil, err
	}
	if err := f.readBlocks(footer); err != nil {
		return nil, err
	}
	in, err := ipc.NewFileReader(io.NewSectionReader(r, 0, size), ipc.WithAllocator(memory.NewGoAllocator()))
	if err != nil {
		return nil, err
	}
	f.schema = in.Schema()
	return f, in.Close()
}

func (f *ipcFile) footer() ([]byte, error) {
	var tail [10]byte
	if f.size < 24 {
		return nil, errors.New("it is too short for an Arrow file")
	}
	if _, err := f.r.ReadAt(tail[:], f.size-10); err != nil {
		return nil, err
	}
	if !bytes.Equal(tail[4:], magic) {
		return nil, errors.New("it does not end as an Arrow file does")
	}
	tailReader := flat{b: tail[:]}
	n := int64(tailReader.u32(0))
	if n < 8 || n > maxFooter || n > f.size-18 {
		return nil, fmt.Errorf("its footer has %d bytes", n)
	}
	footer := make([]byte, n)
	_, err := f.r.ReadAt(footer, f.size-10-n)
	return footer, err
}

func (f *ipcFile) readBlocks(footer []byte) error {
	fb := flat{b: footer}
	const blockSize = 24
	first, n := fb.structs(fb.follow(0), 3, blockSize)
	for i := range n {
		at := first + i*blockSize
		b := block{offset: fb.i64(at), meta: fb.i32(at + 8), body: fb.i64(at + 16)}
		if b.offset < 8 || b.meta < 8 || b.body < 0 || b.offset > f.size || b.body > f.size || b.offset+int64(b.meta)+b.body > f.size {
			fb.bad = true
		}
		f.blocks = append(f.blocks, b)
	}
	if schema := fb.field(fb.follow(0), 1); schema != 0 {
		fb.schema(fb.follow(schema))
	}
	if fb.bad {
		return errors.New("its footer is malformed")
	}
	return nil
}

// record reads record batch i, which must have so many rows. The record's memory is one buffer from mem (more when it
// is compressed).
func (f *ipcFile) record(i, rows int, mem memory.Allocator) (arrow.Record, error) {
	b := f.blocks[i]
	all := memory.NewResizableBuffer(mem)
	defer all.Release()
	all.Resize(b.meta + int(b.body))
	if _, err := f.r.ReadAt(all.Bytes(), b.offset); err != nil {
		return nil, err
	}
	meta := all.Bytes()[:b.meta]
	prefix := 4
	if bytes.Equal(meta[:4], continuation) {
		prefix = 8
	}
	l := &loader{meta: flat{b: meta[prefix:]}, body: memory.SliceBuffer(all, b.meta, int(b.body)), mem: mem}
	defer l.body.Release()
	return l.record(f.schema, rows)
}

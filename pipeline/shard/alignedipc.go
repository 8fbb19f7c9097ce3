package shard

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
)

// alignedIPC writes batches of clips as an Arrow IPC file without compression in which the pixels of every record batch
// begin at a whole block of the file. Arrow's encoder makes the messages;
// only the padding behind a message's metadata, which the format leaves to the writer, is chosen here.
type alignedIPC struct {
	file alignedFile
	ipc  *ipc.Writer
}

func createAlignedIPC(out *output, schema *arrow.Schema) (sink, error) {
	s := &alignedIPC{file: alignedFile{out: out, schema: schema}}
	s.ipc = ipc.NewWriterWithPayloadWriter(&s.file, ipc.WithSchema(schema))
	return s, s.file.Start() // which Arrow leaves to whoever made the payload writer
}

// Write adds a record batch.
func (s *alignedIPC) Write(record arrow.Record) error { return s.ipc.Write(record) }

func (s *alignedIPC) Close() error { return s.ipc.Close() }

const blockAlign = 4096

// alignedFile takes the messages of an Arrow IPC file.
type alignedFile struct {
	out    *output
	schema *arrow.Schema
	blocks []block // of the record batches so far
}

// Start writes what a file begins with.
func (f *alignedFile) Start() error {
	_, err := f.out.Write(append(slices.Clip(magic), 0, 0))
	return err
}

// WritePayload adds a message, which may be a schema or a record batch.
func (f *alignedFile) WritePayload(p ipc.Payload) error {
	meta := p.Meta()
	defer meta.Release()
	l := loader{meta: flat{b: meta.Bytes()}}
	message := l.meta.follow(0)
	kind, size := l.meta.u8(l.meta.field(message, 1)), int64(0)
	if at := l.meta.field(message, 3); at != 0 {
		size = l.meta.i64(at)
	}
	b := block{offset: f.out.size, body: size}
	head := 8 + (meta.Len()+7)&^7
	if kind == headerBatch {
		if _, hole, ok := l.pixels(f.schema, size); ok {
			head += -int(b.offset+int64(head)+hole.offset) & (blockAlign - 1)
		}
	}
	if l.meta.bad {
		return errMalformed
	}
	b.meta = head
	text := make([]byte, head)
	copy(text, continuation)
	binary.LittleEndian.PutUint32(text[4:], uint32(head-8))
	copy(text[8:], meta.Bytes())
	if _, err := f.out.Write(text); err != nil {
		return err
	}
	before := f.out.size
	if err := p.SerializeBody(f.out); err != nil {
		return err
	}
	if n := f.out.size - before; n != size {
		return fmt.Errorf("a message of %d bytes said that it had %d", n, size)
	}
	if kind == headerBatch {
		f.blocks = append(f.blocks, b)
	}
	return nil
}

// Close writes the footer and what a file ends with.
func (f *alignedFile) Close() error {
	footer, err := f.footer()
	if err != nil {
		return err
	}
	tail := binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	_, err = f.out.Write(append(tail, magic...))
	return err
}

// footer is that of a file without record batches, as Arrow writes it, and behind it the list of ours in the place of
// the empty one.
func (f *alignedFile) footer() ([]byte, error) {
	var empty emptyFile
	w, err := ipc.NewFileWriter(&empty, ipc.WithSchema(f.schema))
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, err
	}
	whole := &ipcFile{r: bytes.NewReader(empty.Bytes()), size: int64(empty.Len())}
	footer, err := whole.footer()
	if err != nil {
		return nil, err
	}
	fb := flat{b: footer}
	list := fb.field(fb.follow(0), 3)
	if fb.bad || list == 0 {
		return nil, errors.New("the footer that Arrow wrote has no list of record batches")
	}
	for len(footer)%8 != 4 { // the blocks behind the list's length begin at a multiple of 8
		footer = append(footer, 0)
	}
	binary.LittleEndian.PutUint32(footer[list:], uint32(len(footer)-list))
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(f.blocks)))
	for _, b := range f.blocks {
		footer = binary.LittleEndian.AppendUint64(footer, uint64(b.offset))
		footer = binary.LittleEndian.AppendUint64(footer, uint64(b.meta)) // 32 bits, and 32 of padding
		footer = binary.LittleEndian.AppendUint64(footer, uint64(b.body))
	}
	return footer, nil
}

// emptyFile is an Arrow file of a schema alone.
type emptyFile struct{ bytes.Buffer }

// Seek tells where it is.
func (e *emptyFile) Seek(int64, int) (int64, error) { return int64(e.Len()), nil }

package source

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"
)

// The types of MATLAB's data elements that lead to X, and the class of arrays of bytes.
// Format: "MAT-File Format", The MathWorks, level 5.
const (
	matInt8       = 1
	matUint8      = 2
	matInt32      = 5
	matUint32     = 6
	matMatrix     = 14
	matCompressed = 15
	matHeader     = 128
	mxUint8Class  = 9
)

// openSVHN finds the array X in a MATLAB file. A compressed X is unpacked once, to a temporary file.
func openSVHN(ctx context.Context, of byteRange) (*records, error) {
	head := make([]byte, matHeader)
	if _, err := io.ReadFull(sequential(ctx, of), head); err != nil {
		return nil, matError(ctx, err)
	}
	var order binary.ByteOrder
	switch string(head[126:]) {
	case "IM":
		order = binary.LittleEndian
	case "MI":
		order = binary.BigEndian
	default:
		return nil, errors.New("it is no MATLAB 5 file: save it with -v6 or -v7")
	}
	for at := int64(matHeader); at+8 <= of.Size(); {
		tag := make([]byte, 8)
		if n, err := of.ReadAtContext(ctx, tag, at); n < len(tag) {
			return nil, matError(ctx, err)
		}
		kind, size := order.Uint32(tag), int64(order.Uint32(tag[4:]))
		if size > of.Size()-at-8 {
			return nil, matError(ctx, fmt.Errorf("an element goes on after the end of the file: %w", io.ErrUnexpectedEOF))
		}
		body := io.NewSectionReader(underContext{ctx, of}, at+8, size)
		var r *records
		var err error
		switch kind {
		case matMatrix:
			r, err = plainX(of, body, at+8, order)
		case matCompressed:
			r, err = packedX(of, body, order)
		}
		if r != nil || err != nil {
			return r, matError(ctx, err)
		}
		at += 8 + size
		if kind != matCompressed { // compressed ones have no padding
			at += -size & 7
		}
	}
	return nil, errors.New("the MATLAB file has no array X")
}

func matError(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read it as MATLAB 5: %w", err)
}

// plainX reads a matrix element at an offset; nil if it isn't X.
func plainX(of byteRange, body *io.SectionReader, off int64, order binary.ByteOrder) (*records, error) {
	m := &matReader{r: body, order: order}
	count, err := m.x()
	if count < 0 || err != nil {
		return nil, err
	}
	if m.read+count*3*plane > body.Size() {
		return nil, io.ErrUnexpectedEOF
	}
	return &records{of: of, start: off + m.read, length: 3 * plane, count: count, image: svhnImage}, nil
}

// packedX unpacks a compressed element; nil if it isn't X. The records own of, as they do for a plain X.
func packedX(of byteRange, body *io.SectionReader, order binary.ByteOrder) (_ *records, err error) {
	unpacked, err := zlib.NewReader(bufio.NewReaderSize(body, 1<<20))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unpacked.Close()) }()
	m := &matReader{r: unpacked, order: order}
	tag, err := m.bytes(8)
	if err != nil {
		return nil, err
	}
	if order.Uint32(tag) != matMatrix {
		return nil, nil
	}
	count, err := m.x()
	if count < 0 || err != nil {
		return nil, err
	}
	x, err := spill(unpacked, count*3*plane)
	if err != nil {
		return nil, err
	}
	whole := x.(local)
	remove := whole.close
	whole.close = func() error { return errors.Join(remove(), of.Close()) }
	return &records{of: whole, length: 3 * plane, count: count, image: svhnImage}, nil
}

// matReader reads the parts of a matrix element.
type matReader struct {
	r     io.Reader
	order binary.ByteOrder
	read  int64
}

func (m *matReader) bytes(n int) ([]byte, error) {
	b := make([]byte, n)
	got, err := io.ReadFull(m.r, b)
	m.read += int64(got)
	return b, err
}

// head reads an element's type and size. A small element's bytes come with it.
func (m *matReader) head() (kind, size uint32, small []byte, err error) {
	tag, err := m.bytes(8)
	if err != nil {
		return 0, 0, nil, err
	}
	kind, size = m.order.Uint32(tag), m.order.Uint32(tag[4:])
	if n := kind >> 16; n != 0 {
		if n > 4 {
			return 0, 0, nil, fmt.Errorf("a small element of %d bytes", n)
		}
		return kind & 0xffff, n, tag[4 : 4+n], nil
	}
	return kind, size, nil, nil
}

// element reads an element of the given type and at most some bytes.
func (m *matReader) element(kind, most uint32) ([]byte, error) {
	have, size, small, err := m.head()
	switch {
	case err != nil:
		return nil, err
	case have != kind || size > most:
		return nil, fmt.Errorf("an element of type %d and %d bytes where type %d and up to %d bytes were expected", have, size, kind, most)
	case small != nil:
		return small, nil
	}
	b, err := m.bytes(int(size + -size&7))
	return b[:size], err
}

// x reads a matrix up to its numbers and gives the count of its records; -1 if it isn't X.
func (m *matReader) x() (int64, error) {
	flags, err := m.element(matUint32, 8)
	if err != nil {
		return 0, err
	}
	dims, err := m.element(matInt32, 4*32)
	if err != nil {
		return 0, err
	}
	name, err := m.element(matInt8, 1024)
	if err != nil {
		return 0, err
	}
	if string(name) != "X" {
		return -1, nil
	}
	if len(flags) < 4 || m.order.Uint32(flags)&0xff != mxUint8Class {
		return 0, errors.New("the array X does not hold bytes (uint8)")
	}
	var shape []int32
	for ; len(dims) >= 4; dims = dims[4:] {
		shape = append(shape, int32(m.order.Uint32(dims)))
	}
	if len(shape) == 3 { // MATLAB drops a last dimension of one
		shape = append(shape, 1)
	}
	if len(shape) != 4 || shape[0] != side || shape[1] != side || shape[2] != 3 || shape[3] < 0 {
		return 0, fmt.Errorf("the array X has the shape %v, not [32 32 3 N]: SVHN's cropped digits are meant", shape)
	}
	count := int64(shape[3])
	kind, size, small, err := m.head()
	if err != nil {
		return 0, err
	}
	if kind != matUint8 || small != nil || int64(size) != count*3*plane {
		return 0, fmt.Errorf("the %d bytes of X (type %d) are not those of its %d records", size, kind, count)
	}
	return count, nil
}

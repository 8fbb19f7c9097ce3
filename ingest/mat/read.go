package mat

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"
)

// The types of data elements that hold no numbers.
const (
	typeMatrix     = 14
	typeCompressed = 15
)

// The classes of numeric arrays.
const (
	classDouble = 6
	classUint64 = 15
)

const (
	headerSize = 128
	mostDims   = 32
	mostName   = 1 << 10
)

// ErrStop ends Read without an error when visit returns it.
var ErrStop = errors.New("no further array is wanted")

// Array is a numeric array in a file. Its numbers stand in column-major order.
type Array struct {
	Name string
	Dims []int // at least two

	count int64
	body  element // at the numbers
	pos   int64   // of body in the file when it was opened; -1 in a compressed element
}

// Read calls visit for each numeric array of a file of size bytes, in the file's order. An Array may be read until visit
// returns. Errors say where in the file they were met, and wrap io.ErrUnexpectedEOF where the file is cut off.
func Read(r io.ReaderAt, size int64, visit func(a *Array) error) error {
	head := make([]byte, headerSize)
	if _, err := r.ReadAt(head, 0); err != nil {
		return fmt.Errorf("want a MATLAB file of level 5, which begins with %d bytes of header: %w", headerSize, tooShort(err))
	}
	if bytes.HasPrefix(head, []byte("MATLAB 7.3")) {
		return errors.New("it is a MATLAB 7.3 file, which is HDF5: save it with -v7")
	}
	var order binary.ByteOrder
	switch string(head[126:]) {
	case "IM":
		order = binary.LittleEndian
	case "MI":
		order = binary.BigEndian
	default:
		return errors.New("want a MATLAB file of level 5: its header does not end in IM or MI")
	}
	for at := int64(headerSize); at < size; {
		tag := make([]byte, 8)
		if _, err := r.ReadAt(tag, at); err != nil && (!errors.Is(err, io.EOF) || at+8 > size) {
			return fmt.Errorf("byte %d: want the tag of an element: %w", at, tooShort(err))
		}
		kind, length := order.Uint32(tag), int64(order.Uint32(tag[4:]))
		if length > size-at-8 {
			return fmt.Errorf("byte %d: an element of %d bytes goes on after the end of the file, which is %d bytes away: %w", at, length, size-at-8, io.ErrUnexpectedEOF)
		}
		switch err := readElement(io.NewSectionReader(r, at+8, length), at+8, kind, order, visit); {
		case errors.Is(err, ErrStop):
			return nil
		case err != nil:
			return fmt.Errorf("element at byte %d: %w", at, err)
		}
		at += 8 + length
		if kind != typeCompressed { // compressed ones are not padded
			at += -length & 7
		}
	}
	return nil
}

// readElement reads one top-level element, whose body begins at pos in the file.
func readElement(body io.Reader, pos int64, kind uint32, order binary.ByteOrder, visit func(a *Array) error) error {
	if kind == typeCompressed {
		unpacked, err := zlib.NewReader(bufio.NewReaderSize(body, 1<<16))
		if err != nil {
			return fmt.Errorf("unpack it: %w", tooShort(err))
		}
		defer func() { _ = unpacked.Close() }() // what it read is checked
		e := element{unpacked, order}
		tag, err := e.bytes(8)
		if err != nil {
			return err
		}
		kind, body, pos = order.Uint32(tag), unpacked, -1
	}
	if kind != typeMatrix {
		return nil
	}
	a, err := openArray(element{body, order})
	if err != nil || a == nil {
		return err
	}
	a.pos = -1
	if plain, ok := body.(*io.SectionReader); ok {
		read, err := plain.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		a.pos = pos + read
	}
	if err := visit(a); err != nil {
		return fmt.Errorf("array %s: %w", a.Name, err)
	}
	return nil
}

// openArray reads a matrix up to its numbers; nil if it isn't numeric.
func openArray(e element) (*Array, error) {
	flags, err := e.short(6, 8)
	if err != nil {
		return nil, fmt.Errorf("array flags: %w", err)
	}
	if len(flags) < 4 {
		return nil, fmt.Errorf("array flags: %d bytes, want 8", len(flags))
	}
	if class := e.order.Uint32(flags) & 0xff; class < classDouble || class > classUint64 {
		return nil, nil
	}
	dims, err := e.short(5, 4*mostDims)
	if err != nil {
		return nil, fmt.Errorf("dimensions: %w", err)
	}
	if len(dims) < 8 || len(dims)%4 != 0 {
		return nil, fmt.Errorf("dimensions: %d bytes, want four for each of at least two", len(dims))
	}
	name, err := e.short(1, mostName)
	if err != nil {
		return nil, fmt.Errorf("name: %w", err)
	}
	a := &Array{Name: string(name), count: 1, body: e}
	for ; len(dims) > 0; dims = dims[4:] {
		n := int64(int32(e.order.Uint32(dims)))
		if n < 0 || n > 0 && a.count > (1<<40)/n {
			return nil, fmt.Errorf("array %s: dimension %d after %v", a.Name, n, a.Dims)
		}
		a.Dims = append(a.Dims, int(n))
		a.count *= n
	}
	return a, nil
}

// tooShort says in place of io.EOF that a file is cut off.
func tooShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

package mat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// element reads the elements inside a matrix.
type element struct {
	r     io.Reader
	order binary.ByteOrder
}

func (e element) bytes(n int64) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(e.r, b)
	return b, tooShort(err)
}

// tag reads an element's type and length. The bytes of a short element stand in its tag.
func (e element) tag() (kind uint32, length int64, inTag []byte, err error) {
	tag, err := e.bytes(8)
	if err != nil {
		return 0, 0, nil, err
	}
	kind, length = e.order.Uint32(tag), int64(e.order.Uint32(tag[4:]))
	if n := kind >> 16; n != 0 {
		if n > 4 {
			return 0, 0, nil, fmt.Errorf("a short element of %d bytes: they have at most 4", n)
		}
		return kind & 0xffff, int64(n), tag[4 : 4+n], nil
	}
	return kind, length, nil, nil
}

// short reads an element of the given type and at most some bytes.
func (e element) short(want uint32, most int64) ([]byte, error) {
	kind, length, inTag, err := e.tag()
	switch {
	case err != nil:
		return nil, err
	case kind != want || length > most:
		return nil, fmt.Errorf("an element of type %d and %d bytes, want type %d and at most %d bytes", kind, length, want, most)
	case inTag != nil:
		return inTag, nil
	}
	b, err := e.bytes(length + -length&7)
	return b[:length], err
}

// number reads a number of a type of element.
type number struct {
	size int64
	get  func(order binary.ByteOrder, b []byte) (int64, bool)
}

// numbers are the types of elements that hold numbers. A file may store numbers in a smaller type than the array's class.
var numbers = map[uint32]number{
	1: {1, func(_ binary.ByteOrder, b []byte) (int64, bool) { return int64(int8(b[0])), true }},
	2: {1, func(_ binary.ByteOrder, b []byte) (int64, bool) { return int64(b[0]), true }},
	3: {2, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(int16(o.Uint16(b))), true }},
	4: {2, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(o.Uint16(b)), true }},
	5: {4, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(int32(o.Uint32(b))), true }},
	6: {4, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(o.Uint32(b)), true }},
	7: {4, func(o binary.ByteOrder, b []byte) (int64, bool) {
		return whole(float64(math.Float32frombits(o.Uint32(b))))
	}},
	9:  {8, func(o binary.ByteOrder, b []byte) (int64, bool) { return whole(math.Float64frombits(o.Uint64(b))) }},
	12: {8, func(o binary.ByteOrder, b []byte) (int64, bool) { return int64(o.Uint64(b)), true }},
	13: {8, func(o binary.ByteOrder, b []byte) (int64, bool) {
		v := o.Uint64(b)
		return int64(v), v <= math.MaxInt64
	}},
}

// whole is a number without fraction that an int64 and a float64 both hold.
func whole(v float64) (int64, bool) {
	if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return 0, false
	}
	return int64(v), true
}

// Ints reads an array of whole numbers, of which there may be at most some.
func (a *Array) Ints(most int) ([]int64, error) {
	if a.count > int64(most) {
		return nil, fmt.Errorf("it has %d numbers, more than %d", a.count, most)
	}
	kind, length, inTag, err := a.body.tag()
	if err != nil {
		return nil, err
	}
	n, ok := numbers[kind]
	if !ok {
		return nil, fmt.Errorf("an element of type %d, which holds no numbers", kind)
	}
	if length != n.size*a.count {
		return nil, fmt.Errorf("%d bytes of type %d for an array of %v", length, kind, a.Dims)
	}
	next := func(b []byte) error {
		_, err := io.ReadFull(a.body.r, b)
		return tooShort(err)
	}
	if inTag != nil {
		next = func(b []byte) error {
			if copy(b, inTag) < len(b) {
				return errors.New("a short element is too short")
			}
			inTag = inTag[len(b):]
			return nil
		}
	}
	values := make([]int64, 0, min(a.count, 1<<16))
	buffer := make([]byte, 0, n.size<<12)
	for left := a.count; left > 0; {
		part := min(left, 1<<12)
		buffer = buffer[:part*n.size]
		if err := next(buffer); err != nil {
			return nil, fmt.Errorf("number %d of %d: %w", len(values)+1, a.count, err)
		}
		for i := int64(0); i < part; i++ {
			v, ok := n.get(a.body.order, buffer[i*n.size:])
			if !ok {
				return nil, fmt.Errorf("number %d of %d is no whole number", len(values)+1, a.count)
			}
			values = append(values, v)
		}
		left -= part
	}
	return values, nil
}

package mat_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"padapter/ingest/fixture"
	"padapter/ingest/mat"
)

// read returns what a file's numeric arrays hold, a line each.
func read(data []byte) (lines []string, err error) {
	err = mat.Read(bytes.NewReader(data), int64(len(data)), func(a *mat.Array) error {
		values, err := a.Ints(1 << 16)
		lines = append(lines, fmt.Sprint(a.Name, a.Dims, values))
		return err
	})
	return lines, err
}

func TestRead(t *testing.T) {
	want := []string{"X[2 3] [1 2 3 4 5 6]", "long_name[1 2] [10 20]", "e[0 0] []", "last[1 5] [1 2 3 4 255]"}
	for _, compressed := range []bool{false, true} {
		got, err := read(fixture.MAT(compressed,
			fixture.Matrix{Name: "X", Dims: []int{2, 3}, Bytes: []byte{1, 2, 3, 4, 5, 6}},
			fixture.Matrix{Name: "long_name", Double: true, Dims: []int{1, 2}, Bytes: []byte{10, 20}},
			fixture.Matrix{Name: "e", Dims: []int{0, 0}},
			fixture.Matrix{Name: "last", Double: true, Dims: []int{1, 5}, Bytes: []byte{1, 2, 3, 4, 255}}))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("compressed %v: %q, %v", compressed, got, err)
		}
	}
}

// file makes a big-endian file of one array v whose numbers are stored as the given type.
func file(class, kind uint32, count int, numbers []byte) []byte {
	o := binary.BigEndian
	element := func(kind uint32, data []byte) []byte {
		b := append(o.AppendUint32(o.AppendUint32(nil, kind), uint32(len(data))), data...)
		return append(b, make([]byte, -len(data)&7)...)
	}
	body := element(6, o.AppendUint32(o.AppendUint32(nil, class), 0))
	body = append(body, element(5, o.AppendUint32(o.AppendUint32(nil, 1), uint32(count)))...)
	body = append(body, element(1, []byte("v"))...)
	body = append(body, element(kind, numbers)...)
	return append(append(bytes.Repeat([]byte(" "), 124), 1, 0, 'M', 'I'), element(14, body)...)
}

func TestTypes(t *testing.T) {
	o := binary.BigEndian
	for _, c := range []struct {
		kind uint32
		data []byte
		want string
	}{
		{1, []byte{255}, "[-1]"}, {2, []byte{255}, "[255]"}, {3, []byte{255, 254}, "[-2]"}, {4, []byte{1, 0}, "[256]"},
		{5, o.AppendUint32(nil, math.MaxUint32), "[-1]"}, {6, o.AppendUint32(nil, math.MaxUint32), "[4294967295]"},
		{7, o.AppendUint32(nil, math.Float32bits(-3)), "[-3]"}, {9, o.AppendUint64(nil, math.Float64bits(8189)), "[8189]"},
		{12, o.AppendUint64(nil, math.MaxUint64), "[-1]"}, {13, o.AppendUint64(nil, 7), "[7]"},
	} {
		got, err := read(file(6, c.kind, 1, c.data))
		if err != nil || !slices.Equal(got, []string{"v[1 1] " + c.want}) {
			t.Errorf("type %d: %q, %v", c.kind, got, err)
		}
	}
	if got, err := read(file(4, 4, 1, []byte{0, 65})); err != nil || got != nil {
		t.Errorf("text is no array of numbers: %q, %v", got, err)
	}
}

func TestDamaged(t *testing.T) {
	good := fixture.MAT(false, fixture.Matrix{Name: "v", Dims: []int{1, 9}, Bytes: make([]byte, 9)})
	packed := fixture.MAT(true, fixture.Matrix{Name: "v", Dims: []int{1, 9}, Bytes: make([]byte, 9)})
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":       {nil, "128 bytes of header"},
		"text":        {bytes.Repeat([]byte("text "), 50), "IM or MI"},
		"7.3":         {[]byte("MATLAB 7.3 MAT-file" + strings.Repeat(" ", 107) + "IM"), "-v7"},
		"cut":         {good[:len(good)-8], "after the end of the file"},
		"cut in tag":  {good[:132], "byte 128: want the tag"},
		"cut packed":  {append(slices.Clone(packed[:132]), 20, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4), "element at byte 128: unpack"},
		"more":        {file(6, 2, 3, []byte{1}), "1 bytes of type 2 for an array of [1 3]"},
		"fraction":    {file(6, 9, 1, binary.BigEndian.AppendUint64(nil, math.Float64bits(0.5))), "number 1 of 1 is no whole number"},
		"no numbers":  {file(6, 99, 1, []byte{1}), "type 99"},
		"too many":    {file(6, 2, 1<<20, []byte{1}), "more than 65536"},
		"wrong field": {bytes.Replace(good, []byte{5, 0, 0, 0, 8}, []byte{7, 0, 0, 0, 8}, 1), "dimensions: an element of type 7"},
	} {
		if _, err := read(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	arrays := []fixture.Matrix{{Name: "X", Dims: []int{2, 3}, Bytes: make([]byte, 6)}, {Name: "y", Double: true, Dims: []int{1, 2}, Bytes: []byte{1, 2}}}
	f.Add(fixture.MAT(false, arrays...))
	f.Add(fixture.MAT(true, arrays...))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = read(data)
	})
}

package source

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zlib"
	"golang.org/x/image/bmp"
)

const recordCount = 12

// shade is a channel's value of a pixel of a record: each position has another one.
func shade(record, row, column, channel int) byte {
	return byte(record*31 + row*7 + column*13 + channel*89)
}

// cifarFile has records in CIFAR-100's binary layout.
func cifarFile() []byte {
	var out []byte
	for n := range recordCount {
		out = append(out, byte(n), byte(n+1))
		for ch := range 3 {
			for row := range 32 {
				for column := range 32 {
					out = append(out, shade(n, row, column, ch))
				}
			}
		}
	}
	return out
}

// matFile is a MATLAB 5 file with the arrays y and X, as SVHN has them.
func matFile(t testing.TB, order binary.AppendByteOrder, packed bool) []byte {
	t.Helper()
	element := func(kind uint32, data []byte) []byte {
		b := order.AppendUint32(nil, kind)
		b = append(order.AppendUint32(b, uint32(len(data))), data...)
		return append(b, make([]byte, -len(data)&7)...)
	}
	small := func(kind uint32, data string) []byte {
		b := order.AppendUint32(nil, uint32(len(data))<<16|kind)
		return append(append(b, data...), make([]byte, 4-len(data))...)
	}
	matrix := func(name string, class uint32, shape []uint32, numbers []byte) []byte {
		var dims []byte
		for _, n := range shape {
			dims = order.AppendUint32(dims, n)
		}
		body := element(6, order.AppendUint32(order.AppendUint32(nil, class), 0))
		body = append(body, element(5, dims)...)
		body = append(body, small(1, name)...)
		m := element(14, append(body, element(2, numbers)...))
		if !packed {
			return m
		}
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		if _, err := w.Write(m); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		b := order.AppendUint32(nil, 15)
		return append(order.AppendUint32(b, uint32(out.Len())), out.Bytes()...)
	}
	var x []byte
	for n := range recordCount {
		for ch := range 3 {
			for column := range 32 {
				for row := range 32 {
					x = append(x, shade(n, row, column, ch))
				}
			}
		}
	}
	file := append([]byte("MATLAB 5.0 MAT-file"), bytes.Repeat([]byte(" "), 124-19)...)
	magic := []byte{0, 1, 'I', 'M'}
	if order.String() == "BigEndian" {
		magic = []byte{1, 0, 'M', 'I'}
	}
	file = append(file, magic...)
	file = append(file, matrix("y", 9, []uint32{recordCount, 1}, make([]byte, recordCount))...)
	return append(file, matrix("X", 9, []uint32{32, 32, 3, recordCount}, x)...)
}

// numbered is the fixture of a file of records.
func numbered(src Source, file string, uri func(path string, record int) string) fixture {
	f := fixture{
		src: src,
		uri: func(name string) string {
			n, _ := strconv.Atoi(name)
			return uri(file, n)
		},
		content: func(name string) []byte {
			n, _ := strconv.Atoi(name)
			return bmpOf(n)
		},
		missing: []string{uri(file, recordCount), uri("none", 0)},
		refused: within(outsiders, func(path string) string { return uri(path, 0) }),
	}
	for n := range recordCount {
		f.names = append(f.names, strconv.Itoa(n))
	}
	return f
}

// bmpOf is the file that shows a record.
func bmpOf(record int) []byte {
	out := []byte("BM\x36\x0c\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x20\x00\x00\x00\x20\x00\x00\x00\x01\x00\x18\x00\x00\x00\x00\x00\x00\x0c\x00\x00")
	out = append(out, make([]byte, 54-len(out))...)
	for row := 31; row >= 0; row-- {
		for column := range 32 {
			for _, ch := range []int{2, 1, 0} {
				out = append(out, shade(record, row, column, ch))
			}
		}
	}
	return out
}

// wantPixels decodes a record with another library and compares every pixel.
func wantPixels(t *testing.T, src Source, uri string, record int) {
	t.Helper()
	b, err := read(t.Context(), src, uri)
	if err != nil {
		t.Fatal(err)
	}
	img, err := bmp.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != 32 || size.Y != 32 {
		t.Fatalf("%v pixels", size)
	}
	for row := range 32 {
		for column := range 32 {
			want := color.RGBA{shade(record, row, column, 0), shade(record, row, column, 1), shade(record, row, column, 2), 255}
			if got := color.RGBAModel.Convert(img.At(column, row)); got != want {
				t.Fatalf("%s: row %d, column %d is %v, want %v", uri, row, column, got, want)
			}
		}
	}
}

func TestCIFAR100(t *testing.T) {
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "train.bin"), cifarFile())
	src := openMux(t, root)
	conform(t, numbered(src, "train.bin", CIFAR100URI))
	wantPixels(t, src, CIFAR100URI("train.bin", 5), 5)
	writeFile(t, filepath.Join(root, "cut.bin"), cifarFile()[:3074*4+100])
	if _, err := read(t.Context(), src, CIFAR100URI("cut.bin", 3)); err != nil {
		t.Error(err)
	}
	if _, err := read(t.Context(), src, CIFAR100URI("cut.bin", 4)); err == nil || !strings.Contains(err.Error(), "the file has 4") {
		t.Errorf("a record that is cut: %v", err)
	}
}

func TestSVHN(t *testing.T) {
	for _, packed := range []bool{false, true} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			t.Run(order.String()+" packed "+strconv.FormatBool(packed), func(t *testing.T) {
				dir := t.TempDir()
				t.Setenv("TMPDIR", dir)
				root := t.TempDir()
				writeFile(t, filepath.Join(root, "train_32x32.mat"), matFile(t, order, packed))
				src := openMux(t, root)
				conform(t, numbered(src, "train_32x32.mat", SVHNURI))
				wantPixels(t, src, SVHNURI("train_32x32.mat", 7), 7)
				if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
					t.Errorf("left over: %v, %v", left, err)
				}
			})
		}
	}
}

func TestSVHNDamaged(t *testing.T) {
	for what, c := range map[string]struct {
		data []byte
		why  string
	}{
		"text":         {[]byte("this is no MATLAB file"), "MATLAB 5"},
		"version 7.3":  {append(bytes.Repeat([]byte(" "), 126), 0x89, 'H'), "MATLAB 5"},
		"no array":     {matFile(t, binary.LittleEndian, false)[:128], "no array X"},
		"cut":          {matFile(t, binary.LittleEndian, false)[:9000], "after the end"},
		"cut, packed":  {matFile(t, binary.LittleEndian, true)[:600], "after the end"},
		"other shape":  {bytes.Replace(matFile(t, binary.LittleEndian, false), []byte{32, 0, 0, 0, 32, 0, 0, 0, 3}, []byte{31, 0, 0, 0, 32, 0, 0, 0, 3}, 1), "[31 32 3 12]"},
		"other length": {bytes.Replace(matFile(t, binary.LittleEndian, false), []byte{3, 0, 0, 0, recordCount}, []byte{3, 0, 0, 0, recordCount + 1}, 1), "records"},
	} {
		r, err := openSVHN(t.Context(), byteRangeOf(c.data))
		if err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v, want %q", what, err, c.why)
		}
		if r != nil {
			r.Close()
		}
	}
}

func FuzzSVHN(f *testing.F) {
	f.Add(matFile(f, binary.LittleEndian, false)[:1000])
	f.Add(matFile(f, binary.BigEndian, true))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := openSVHN(t.Context(), byteRangeOf(data))
		if err != nil {
			return
		}
		defer r.Close()
		for n := range min(r.count, 3) {
			o, err := r.open(t.Context(), URI{Record: n}, func() error { return nil })
			if err != nil || o.Size() != bmpSize {
				t.Errorf("record %d of %d: %v", n, r.count, err)
			}
		}
	})
}

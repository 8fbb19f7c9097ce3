package safetensors

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	tensors := []Tensor{
		{Name: "b.weight", Shape: []int{2, 3}, Values: []float32{1, -2, 3.5, 0, float32(math.Inf(1)), 6}},
		{Name: "a", Shape: nil, Values: []float32{42}},
		{Name: "none", Shape: []int{0, 7}, Values: nil},
	}
	var file, again bytes.Buffer
	if err := Write(&file, tensors, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(tensors)
	if err := Write(&again, tensors, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file.Bytes(), again.Bytes()) {
		t.Error("the order of the tensors changes the bytes")
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Names(); !slices.Equal(got, []string{"a", "b.weight", "none"}) {
		t.Errorf("names %v", got)
	}
	if f.Metadata["format"] != "pt" {
		t.Errorf("metadata %v", f.Metadata)
	}
	for _, want := range tensors {
		shape, ok := f.Shape(want.Name)
		if !ok || !slices.Equal(shape, append([]int{}, want.Shape...)) {
			t.Errorf("%s: shape %v, want %v", want.Name, shape, want.Shape)
		}
		got, err := f.Float32(want.Name)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want.Values) {
			t.Errorf("%s: %v, want %v", want.Name, got, want.Values)
		}
	}
	if _, err := f.Float32("c"); err == nil {
		t.Error("a tensor that isn't there was read")
	}
}

// craft builds a file from a header text and a number of zero bytes.
func craft(header string, data int) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), make([]byte, data)...)
}

func TestDamagedFilesAreRefused(t *testing.T) {
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "too short"},
		{"huge header", binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "header is said"},
		{"not json", craft("{", 0), "header"},
		{"unknown dtype", craft(`{"a":{"dtype":"F9","shape":[1],"data_offsets":[0,4]}}`, 4), "unknown dtype"},
		{"range too small", craft(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), "needs 8 bytes"},
		{"range outside", craft(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4), "cut off"},
		{"overlap", craft(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}`, 6), "overlap"},
		{"gap", craft(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2), "gap"},
		{"negative", craft(`{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}`, 0), "negative"},
		{"overflow", craft(`{"a":{"dtype":"F64","shape":[4611686018427387904,8],"data_offsets":[0,0]}}`, 0), "too large"},
		{"trailing bytes", craft(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 9), "not whole"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New("file", bytes.NewReader(tt.file), int64(len(tt.file)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestDtypes(t *testing.T) {
	tests := []struct {
		dtype string
		raw   []byte
		want  []float32
	}{
		{"F16", []byte{0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b, 0x00, 0x80}, []float32{1, -2, 5.9604645e-8, 65504, float32(math.Copysign(0, -1))}},
		{"BF16", []byte{0x80, 0x3f, 0x49, 0x40}, []float32{1, 3.140625}},
		{"F64", binary.LittleEndian.AppendUint64(nil, math.Float64bits(0.5)), []float32{0.5}},
		{"I64", binary.LittleEndian.AppendUint64(nil, uint64(math.MaxUint64)), []float32{-1}},
		{"U8", []byte{255}, []float32{255}},
	}
	for _, tt := range tests {
		got, err := toFloat32(tt.dtype, tt.raw)
		if err != nil {
			t.Fatal(err)
		}
		for i := range tt.want {
			if math.Float32bits(got[i]) != math.Float32bits(tt.want[i]) {
				t.Errorf("%s element %d: %v, want %v", tt.dtype, i, got[i], tt.want[i])
			}
		}
	}
	if v := half(0x7c00); !math.IsInf(float64(v), 1) {
		t.Errorf("binary16 infinity became %v", v)
	}
	if v := half(0x7e00); !math.IsNaN(float64(v)) {
		t.Errorf("binary16 NaN became %v", v)
	}
}

func FuzzNew(f *testing.F) {
	var good bytes.Buffer
	if err := Write(&good, []Tensor{{Name: "a", Shape: []int{2}, Values: []float32{1, 2}}}, nil); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Add(craft(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`, 4))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := New("fuzz", bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		for _, name := range r.Names() {
			shape, _ := r.Shape(name)
			values, err := r.Float32(name)
			if err != nil {
				continue // a dtype that has no float32 form
			}
			size := 1
			for _, d := range shape {
				size *= d
			}
			if len(values) != size {
				t.Fatalf("tensor %s of shape %v has %d values", name, shape, len(values))
			}
		}
	})
}

package safetensors

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"padapter/manifests/storage"
)

// maxHeader limits the size of the JSON header: a checkpoint with a hundred thousand tensors needs about 15 MB.
const maxHeader = 100 << 20

// File is an open safetensors file. It is safe for concurrent reads. The caller must close it.
type File struct {
	Metadata map[string]string
	reader   io.ReaderAt
	closer   io.Closer
	name     string
	tensors  map[string]entry
	data     int64 // offset of the first tensor byte
}

type entry struct {
	Dtype   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Open opens and validates a file.
func Open(path string) (*File, error) {
	f, err := storage.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open safetensors: %w", err)
	}
	file, err := New(path, f, f.Size())
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	file.closer = f
	return file, nil
}

// New checks size bytes of r. name is for errors.
func New(name string, r io.ReaderAt, size int64) (*File, error) {
	fail := func(format string, args ...any) (*File, error) {
		return nil, fmt.Errorf("read safetensors %s: %w", name, fmt.Errorf(format, args...))
	}
	var length [8]byte
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return fail("the file is too short to hold a header length: %w", err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return fail("the header is said to be %d bytes, the file has %d: not a safetensors file, or cut off", n, size)
	}
	header := make([]byte, n)
	if _, err := r.ReadAt(header, 8); err != nil {
		return fail("header: %w", err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(header, &raw); err != nil {
		return fail("header: %w", err)
	}
	f := &File{reader: r, name: name, tensors: make(map[string]entry, len(raw)), data: 8 + int64(n)}
	for key, value := range raw {
		if key == "__metadata__" {
			if err := json.Unmarshal(value, &f.Metadata); err != nil {
				return fail("metadata: %w", err)
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(value, &e); err != nil {
			return fail("tensor %s: %w", key, err)
		}
		if err := e.check(); err != nil {
			return fail("tensor %s: %w", key, err)
		}
		f.tensors[key] = e
	}
	if err := f.checkRanges(size - f.data); err != nil {
		return fail("%w", err)
	}
	return f, nil
}

func (e entry) check() error {
	item, ok := itemSizes[e.Dtype]
	if !ok {
		return fmt.Errorf("unknown dtype %q", e.Dtype)
	}
	bytes := item
	for _, d := range e.Shape {
		if d < 0 {
			return fmt.Errorf("negative dimension in shape %v", e.Shape)
		}
		if d > 0 && bytes > (1<<62)/d {
			return fmt.Errorf("shape %v is too large", e.Shape)
		}
		bytes *= d
	}
	if e.Offsets[0] < 0 || e.Offsets[1] < e.Offsets[0] || e.Offsets[1]-e.Offsets[0] != bytes {
		return fmt.Errorf("shape %v of %s needs %d bytes, its range is %v", e.Shape, e.Dtype, bytes, e.Offsets)
	}
	return nil
}

// checkRanges verifies that the tensors are contiguous and fill the data exactly.
func (f *File) checkRanges(size int64) error {
	names := f.Names()
	slices.SortFunc(names, func(a, b string) int {
		x, y := f.tensors[a].Offsets, f.tensors[b].Offsets
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]), cmp.Compare(a, b))
	})
	end := int64(0)
	for _, name := range names {
		offsets := f.tensors[name].Offsets
		if offsets[0] != end {
			return fmt.Errorf("tensor %s starts at byte %d of the data, %d was expected: ranges overlap or leave a gap", name, offsets[0], end)
		}
		end = offsets[1]
	}
	if end != size {
		return fmt.Errorf("the tensors take %d bytes, the file has %d: cut off, or not whole", end, size)
	}
	return nil
}

// Names returns the names of the tensors, sorted.
func (f *File) Names() []string {
	names := make([]string, 0, len(f.tensors))
	for name := range f.tensors {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Shape returns the shape of a tensor and whether the file holds a tensor of that name.
func (f *File) Shape(name string) ([]int, bool) {
	e, ok := f.tensors[name]
	if !ok {
		return nil, false
	}
	shape := make([]int, len(e.Shape))
	for i, d := range e.Shape {
		shape[i] = int(d)
	}
	return shape, true
}

// Float32 reads a tensor of any numeric dtype as float32, row-major.
func (f *File) Float32(name string) ([]float32, error) {
	e, ok := f.tensors[name]
	if !ok {
		return nil, fmt.Errorf("read safetensors %s: there is no tensor %s", f.name, name)
	}
	raw := make([]byte, e.Offsets[1]-e.Offsets[0])
	if _, err := f.reader.ReadAt(raw, f.data+e.Offsets[0]); err != nil && len(raw) > 0 {
		return nil, fmt.Errorf("read safetensors %s: tensor %s: %w", f.name, name, err)
	}
	values, err := toFloat32(e.Dtype, raw)
	if err != nil {
		return nil, fmt.Errorf("read safetensors %s: tensor %s: %w", f.name, name, err)
	}
	return values, nil
}

// Close closes the file that Open opened.
func (f *File) Close() error {
	if f == nil || f.closer == nil {
		return nil
	}
	err := f.closer.Close()
	f.closer = nil
	return err
}

package safetensors

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
)

// Tensor is one float32 tensor to be written, row-major.
type Tensor struct {
	Name   string
	Shape  []int
	Values []float32
}

// Write writes the tensors as F32, sorted by name, and the metadata.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	tensors = slices.Clone(tensors)
	slices.SortFunc(tensors, func(a, b Tensor) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	header := make(map[string]any, len(tensors)+1) // encoding/json sorts keys
	if len(metadata) > 0 {
		header["__metadata__"] = metadata
	}
	offset := int64(0)
	for _, t := range tensors {
		size := 1
		shape := make([]int64, len(t.Shape))
		for i, d := range t.Shape {
			size *= d
			shape[i] = int64(d)
		}
		if size != len(t.Values) {
			return fmt.Errorf("write safetensors: tensor %s has %d values for shape %v", t.Name, len(t.Values), t.Shape)
		}
		if _, twice := header[t.Name]; twice {
			return fmt.Errorf("write safetensors: tensor %s is given twice", t.Name)
		}
		end := offset + 4*int64(size)
		header[t.Name] = entry{Dtype: "F32", Shape: shape, Offsets: [2]int64{offset, end}}
		offset = end
	}
	text, err := json.Marshal(header)
	if err != nil {
		return fmt.Errorf("write safetensors: header: %w", err)
	}
	for len(text)%8 != 0 { // the format allows trailing spaces, and data that starts at a multiple of 8 maps well
		text = append(text, ' ')
	}
	out := bufio.NewWriterSize(w, 1<<20)
	var word [8]byte
	binary.LittleEndian.PutUint64(word[:], uint64(len(text)))
	// bufio keeps the first error, and Flush returns it.
	_, _ = out.Write(word[:])
	_, _ = out.Write(text)
	for _, t := range tensors {
		for _, v := range t.Values {
			binary.LittleEndian.PutUint32(word[:4], math.Float32bits(v))
			_, _ = out.Write(word[:4])
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	return nil
}

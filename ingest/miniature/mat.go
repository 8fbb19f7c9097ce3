package miniature

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/zlib"
)

// Matrix is an array of a MATLAB file.
type Matrix struct {
	Name   string
	Double bool // an array of doubles, whose numbers the file stores as bytes; otherwise one of bytes
	Dims   []int
	Bytes  []byte // the numbers in column-major order
}

// MAT makes a MATLAB file of level 5, little-endian, whose elements are compressed or not.
func MAT(compressed bool, arrays ...Matrix) []byte {
	header := make([]byte, 128)
	copy(header, "MATLAB 5.0 MAT-file, Platform: GLNXA64, Created on: Mon Dec  5 21:18:21 2011"+string(bytes.Repeat([]byte(" "), 60)))
	copy(header[116:], make([]byte, 8))
	copy(header[124:], "\x00\x01IM")
	file := bytes.NewBuffer(header)
	for _, a := range arrays {
		class := uint32(9)
		if a.Double {
			class = 6
		}
		var dims []byte
		for _, n := range a.Dims {
			dims = binary.LittleEndian.AppendUint32(dims, uint32(n))
		}
		var body []byte
		body = appendElement(body, 6, binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, class), 0))
		body = appendElement(body, 5, dims)
		body = appendElement(body, 1, []byte(a.Name))
		body = appendElement(body, 2, a.Bytes)
		matrix := append(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 14), uint32(len(body))), body...)
		if !compressed {
			file.Write(matrix)
			continue
		}
		var packed bytes.Buffer
		w := zlib.NewWriter(&packed)
		_, _ = w.Write(matrix) // a buffer takes everything
		_ = w.Close()
		file.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, 15), uint32(packed.Len())))
		file.Write(packed.Bytes())
	}
	return file.Bytes()
}

// appendElement adds a data element; one of up to four bytes is put into its tag.
func appendElement(b []byte, kind uint32, data []byte) []byte {
	if n := len(data); 0 < n && n <= 4 {
		b = binary.LittleEndian.AppendUint32(b, uint32(n)<<16|kind)
		return append(append(b, data...), make([]byte, 4-n)...)
	}
	b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, kind), uint32(len(data)))
	return append(append(b, data...), make([]byte, -len(data)&7)...)
}

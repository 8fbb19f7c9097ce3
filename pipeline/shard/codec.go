package shard

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// codec is how the buffers of a record batch are compressed; the numbers are Arrow's.
type codec int

const (
	uncompressed codec = -1
	lz4Frame     codec = 0
	zstdFrame    codec = 1
)

// unpack decompresses a buffer: the length that comes out as int64, or -1 for bytes that are stored as they are, then
// the bytes. More than most bytes are refused before they are allocated.
func (c codec) unpack(packed *memory.Buffer, most int, mem memory.Allocator) (*memory.Buffer, error) {
	const head = 8
	if packed.Len() < head {
		return nil, errMalformed
	}
	n := int64(binary.LittleEndian.Uint64(packed.Bytes()))
	if n == -1 {
		return memory.SliceBuffer(packed, head, packed.Len()-head), nil
	}
	if n < 0 || n > int64(most) {
		return nil, fmt.Errorf("a buffer claims %d bytes: %w", n, errMalformed)
	}
	out := memory.NewResizableBuffer(mem)
	out.Resize(int(n))
	var in io.Reader
	switch source := bytes.NewReader(packed.Bytes()[head:]); c {
	case lz4Frame:
		in = lz4.NewReader(source)
	case zstdFrame:
		z, err := zstd.NewReader(source, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			out.Release()
			return nil, err
		}
		defer z.Close()
		in = z
	default:
		out.Release()
		return nil, fmt.Errorf("compression %d is not known: %w", c, errMalformed)
	}
	if _, err := io.ReadFull(in, out.Bytes()); err != nil {
		out.Release()
		return nil, fmt.Errorf("decompress: %w", err)
	}
	return out, nil
}

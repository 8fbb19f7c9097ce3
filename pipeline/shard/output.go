package shard

import (
	"errors"
	"io"

	"github.com/zeebo/xxh3"
)

// output hashes and counts the bytes of a shard on their way to its file. It belongs to one goroutine.
type output struct {
	to   io.Writer
	size int64 // bytes written
	sum  xxh3.Hasher
}

// Write passes bytes on.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	_, _ = o.sum.Write(p[:n]) // never fails
	o.size += int64(n)
	return n, err
}

// Seek tells the current offset, for which Arrow's file writer asks. Shards are written from front to back.
func (o *output) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("shards are written from front to back")
	}
	return o.size, nil
}

// checksum is that of all bytes, as Entry.XXH128 has it.
func (o *output) checksum() string { return xxh128(&o.sum) }

package shard

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/zeebo/xxh3"
)

// Checksum is the file's checksum, hexadecimal: XXH3 of 128 bits with the seed 0, the most significant byte first, as
// "xxhsum -H128" prints it, or the SHA-256 of entries that have no other. It tells damage and other content, not
// forgery; SHA-256 at 1.5 GB/s was the costliest part of writing (docs/measurements/pipeline.md).
func (e Entry) Checksum() string {
	if e.XXH128 == "" {
		return e.SHA256
	}
	return e.XXH128
}

// hasher takes the file's bytes; result is then what Checksum should be.
func (e Entry) hasher() (sum io.Writer, result func() string) {
	if e.XXH128 == "" {
		h := sha256.New()
		return h, func() string { return hex.EncodeToString(h.Sum(nil)) }
	}
	h := xxh3.New()
	return h, func() string { return xxh128(h) }
}

func xxh128(h *xxh3.Hasher) string {
	sum := h.Sum128().Bytes()
	return hex.EncodeToString(sum[:])
}

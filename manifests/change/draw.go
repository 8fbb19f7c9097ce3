package change

import (
	"crypto/sha256"
	"encoding/binary"
)

// draw is a number that looks random and depends on the seed and the key alone, so that what happens to a record does
// not depend on the others.
func draw(seed uint64, key string) uint64 {
	var head [8]byte
	binary.LittleEndian.PutUint64(head[:], seed)
	sum := sha256.Sum256(append(head[:], key...))
	return binary.LittleEndian.Uint64(sum[:])
}

package change

import (
	"crypto/sha256"
	"encoding/binary"
)

// draw returns a pseudo-random number that depends on the seed and the key only, so that the outcome for a record does
// not depend on other records.
func draw(seed uint64, key string) uint64 {
	var head [8]byte
	binary.LittleEndian.PutUint64(head[:], seed)
	sum := sha256.Sum256(append(head[:], key...))
	return binary.LittleEndian.Uint64(sum[:])
}

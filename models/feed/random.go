package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// generator returns a random number generator that depends on its arguments only, so that the draws for a clip do not
// depend on the order or number of other clips. purpose separates independent draws.
func generator(purpose string, seed uint64, epoch int, id string, view int32) *rand.Rand {
	key := binary.LittleEndian.AppendUint64([]byte(purpose+"\x00"), seed)
	key = binary.LittleEndian.AppendUint64(key, uint64(epoch))
	key = binary.LittleEndian.AppendUint32(key, uint32(view))
	sum := sha256.Sum256(append(key, id...))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])))
}

// frameOrder returns a random permutation of the frame positions 0…frames-1 of one clip.
func frameOrder(frames int, seed uint64, epoch int, id string, view int32) []int {
	return generator("frame order", seed, epoch, id, view).Perm(frames)
}

// mirrored reports whether a clip is flipped, which is true for half of all clips.
func mirrored(seed uint64, epoch int, id string, view int32) bool {
	return generator("flip", seed, epoch, id, view).Uint64()&1 == 1
}

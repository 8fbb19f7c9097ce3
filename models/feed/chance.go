package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// chance returns a generator that depends on nothing but its arguments, so that what is drawn for a clip does not
// depend on the order or the number of the clips around it. purpose keeps the draws for different things apart.
func chance(purpose string, seed uint64, epoch int, id string, view int32) *rand.Rand {
	key := binary.LittleEndian.AppendUint64([]byte(purpose+"\x00"), seed)
	key = binary.LittleEndian.AppendUint64(key, uint64(epoch))
	key = binary.LittleEndian.AppendUint32(key, uint32(view))
	sum := sha256.Sum256(append(key, id...))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])))
}

// frameOrder returns a random permutation of the frame positions 0…frames-1 for one clip.
func frameOrder(frames int, seed uint64, epoch int, id string, view int32) []int {
	return chance("frame order", seed, epoch, id, view).Perm(frames)
}

// mirrored reports whether one clip is flipped, true for half of all clips.
func mirrored(seed uint64, epoch int, id string, view int32) bool {
	return chance("flip", seed, epoch, id, view).Uint64()&1 == 1
}

package train

import (
	"crypto/sha256"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"padapter/models/feed"
)

// cache keeps the features that a frozen backbone computed for clips, by the checksum of the pixels. A clip that occurs
// again with the same pixels is not run through the backbone again. When the cache is full, other clips are computed
// each time.
type cache struct {
	limit    int64 // bytes of features
	held     int64
	features map[clipKey][]float32
	hits     int64
}

// clipKey is the checksum of a clip's pixels, and whether they are mirrored.
type clipKey struct {
	sum  [sha256.Size]byte
	flip bool
}

// entryBytes is the approximate memory overhead of an entry.
const entryBytes = 128

func newCache(limit int64) *cache {
	return &cache{limit: limit, features: map[clipKey][]float32{}}
}

// keys returns the keys of a full batch.
func (c *cache) keys(b *feed.Batch) []clipKey {
	keys := make([]clipKey, len(b.Flips))
	for slot := range keys {
		keys[slot] = clipKey{sha256.Sum256(b.Clip(slot)), b.Flips[slot]}
	}
	return keys
}

// add stores a copy of a clip's features if there is room.
func (c *cache) add(key clipKey, features []float32) {
	size := int64(4*len(features) + entryBytes)
	if c.held+size > c.limit || c.features[key] != nil {
		return
	}
	c.held += size
	c.features[key] = append([]float32(nil), features...)
}

// cachedFeatures is allFeatures with the cache: only clips that are not cached are run through the backbone, grouped
// into as few parts as possible.
func (m *microStepper) cachedFeatures(b *feed.Batch) (features []float32, width int, err error) {
	c := m.config.cache
	keys := c.keys(b)
	rows := make([][]float32, len(keys))
	var missing []int // slots
	for slot, key := range keys {
		if rows[slot] = c.features[key]; rows[slot] == nil {
			missing = append(missing, slot)
		}
	}
	c.hits += int64(len(keys) - len(missing))
	for len(missing) > 0 {
		slots := missing[:min(m.part, len(missing))]
		missing = missing[len(slots):]
		frames, flips := m.gather(b, slots)
		out, err := m.features.Call(frames, flips)
		if err != nil {
			return nil, 0, err
		}
		width := len(out[0]) / m.part
		for i, slot := range slots {
			rows[slot] = out[0][i*width : (i+1)*width]
			c.add(keys[slot], rows[slot])
		}
	}
	for _, row := range rows {
		features = append(features, row...)
	}
	return features, len(features) / len(keys), nil
}

// gather copies clips into the tensors of one part, padded with zeros.
func (m *microStepper) gather(b *feed.Batch, slots []int) (frames, flips *tensors.Tensor) {
	s := b.Shape
	pixels, mirrored := make([]uint8, m.part*s.Bytes()), make([]bool, m.part)
	for i, slot := range slots {
		copy(pixels[i*s.Bytes():], b.Clip(slot))
		mirrored[i] = b.Flips[slot]
	}
	return tensors.FromFlatDataAndDimensions(pixels, m.part, s.Frames, s.Height, s.Width, s.Channels),
		tensors.FromFlatDataAndDimensions(mirrored, m.part)
}

// trainsBelowHead returns the error that explains why features cannot be cached.
func (m *microStepper) trainsBelowHead() error {
	for _, v := range m.config.trained {
		if !m.inHead[v] {
			return fmt.Errorf("features can be cached only where nothing but the head trains, and %s is below it: use the tuning linear, or no cache", v.Path())
		}
	}
	return nil
}

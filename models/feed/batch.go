package feed

import (
	"padapter/manifests"
	"padapter/pipeline/batch"
)

// Item is one row of the input.
type Item struct {
	ID, URI     string
	Label       int32 // manifests.NoLabel when unlabelled
	View        int32
	Frames      []int32    // frame numbers of the clip
	Seconds     []float64  // presentation times of those frames
	PartSeconds [2]float64 // [start, end) of the clip in its file, in seconds from the first frame; zero for the whole file
	Error       string     // reason why there are no frames, or empty
	Slot        int        // slot in the batch, -1 for a row with an error
}

// Batch is a fixed number of clips in host memory. It is valid until the next iteration of the loop.
type Batch struct {
	Items  []Item      // rows in input order; rows with errors only with Options.KeepErrors
	Filled int         // slots in use, from 0; the rest is padding with zero pixels and no label
	Shape  batch.Shape // of one clip
	Frames []uint8     // [Size, T, H, W, C] flat
	Labels []int32     // [Size], manifests.NoLabel where there is none
	Flips  []bool      // [Size], clips to mirror along W
	Share  float64     // weight of clip i in its own slot; the rest is clip Filled-1-i; 1 without Options.Mix
	Mark   Stats       // counts up to the end of this batch, see Options.From
}

func newBatch(size int, shape batch.Shape) *Batch {
	return &Batch{
		Shape:  shape,
		Frames: make([]uint8, size*shape.Bytes()),
		Labels: make([]int32, size),
		Flips:  make([]bool, size),
	}
}

func (b *Batch) reset() {
	b.Items, b.Filled, b.Share = b.Items[:0], 0, 1
	for i := range b.Labels {
		b.Labels[i], b.Flips[i] = manifests.NoLabel, false
	}
}

// IDs returns the ids of the clips in slot order.
func (b *Batch) IDs() []string {
	ids := make([]string, 0, b.Filled)
	for _, item := range b.Items {
		if item.Slot >= 0 {
			ids = append(ids, item.ID)
		}
	}
	return ids
}

// Clip returns the pixels of one slot, [T, H, W, C].
func (b *Batch) Clip(slot int) []uint8 {
	n := b.Shape.Bytes()
	return b.Frames[slot*n : (slot+1)*n]
}

package infer_test

import (
	"math"
	"testing"

	"padapter/models/backend"
	"padapter/models/backend/enginetest"
	"padapter/models/classifier"
	"padapter/models/feed"
	"padapter/models/infer"
	"padapter/models/tuning"
	"padapter/models/vit"
	"padapter/pipeline/batch"
)

// huge is a network that says it is too large for more than most clips at once.
type huge struct {
	*classifier.Classifier
	most int64
}

func (h huge) ClipBytes() int64 { return 32 << 20 / h.most }

func TestBatchesInPartsGiveTheSameLogits(t *testing.T) {
	backbone := vit.Config{Frames: 2, Height: 8, Width: 8, Tubelet: 2, Patch: 4, Dim: 8, Depth: 2, Heads: 2, MLPRatio: 2}
	c, err := classifier.New(backbone, tuning.Config{Kind: "linear"}, [3]float32{0.5, 0.5, 0.5}, [3]float32{0.2, 0.2, 0.2}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(4 * 4 * 16); c.ClipBytes() != want { // 4 tokens of 16 hidden values are more than 2·4·4 shares
		t.Errorf("a clip takes %d bytes, want %d", c.ClipBytes(), want)
	}
	shape := batch.Shape{Frames: 2, Height: 8, Width: 8, Channels: 3}
	b := &feed.Batch{Shape: shape, Frames: make([]uint8, 6*shape.Bytes()), Labels: make([]int32, 6), Filled: 5}
	for i := range b.Filled * shape.Bytes() {
		b.Frames[i] = uint8(i * 89 / (1 + i/shape.Bytes()))
	}
	enginetest.Each(t, func(t *testing.T, engine *backend.Backend) { checkParts(t, engine, c, b) })
}

func checkParts(t *testing.T, engine *backend.Backend, c *classifier.Classifier, b *feed.Batch) {
	store, err := c.NewStore(1)
	if err != nil {
		t.Fatal(err)
	}
	logits := func(network infer.Network) [][]float32 {
		p, err := infer.New(engine.Compute, store, network)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		rows, err := p.Logits(b)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	want := logits(c)
	for _, most := range []int64{1, 2, 4} { // 4 does not divide 6: it is 3
		got := logits(huge{c, most})
		if len(got) != 5 || len(want) != 5 {
			t.Fatalf("%d and %d rows, want 5", len(got), len(want))
		}
		for i := range want {
			for j := range want[i] {
				if math.Abs(float64(got[i][j]-want[i][j])) > 1e-6 || i > 0 && want[i][j] == want[i-1][j] {
					t.Errorf("parts of %d: clip %d, logit %d: %g, want %g", most, i, j, got[i][j], want[i][j])
				}
			}
		}
	}
}

package infer_test

import (
	"os"
	"slices"
	"testing"

	"padapter/models/backend"
	"padapter/models/classifier"
	"padapter/models/feed"
	"padapter/models/infer"
	"padapter/models/tuning"
	"padapter/models/vit"
	"padapter/pipeline/batch"
)

func TestMain(m *testing.M) {
	backend.ServeTrial()
	os.Exit(m.Run())
}

// TestLogitsAreTheClipsAlone runs a clip in every slot of a batch, among other clips and among padding: on every engine
// and in every precision its logits are the same bytes, so that labels do not depend on which inputs failed before it.
func TestLogitsAreTheClipsAlone(t *testing.T) {
	backbone := vit.Config{Frames: 4, Height: 32, Width: 32, Tubelet: 2, Patch: 8, Dim: 48, Depth: 2, Heads: 3, MLPRatio: 4}
	padapter := tuning.Config{Kind: "padapter", Bottleneck: 8, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
	shape := batch.Shape{Frames: 4, Height: 32, Width: 32, Channels: 3}
	const size = 6
	for _, engine := range backend.Survey() {
		for _, precision := range []backend.Precision{backend.Float32, backend.BFloat16} {
			if !engine.Usable {
				continue
			}
			b, err := backend.OpenWith(backend.Settings{Engine: engine.Engine, Precision: precision})
			if err != nil && precision == backend.BFloat16 {
				t.Logf("%s: %v", engine.Engine, err)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Run(engine.Engine+" "+string(precision), func(t *testing.T) {
				backbone.Half = b.RoundsInGraph()
				net, err := classifier.New(backbone, padapter, [3]float32{0.5, 0.5, 0.5}, [3]float32{0.2, 0.2, 0.2}, 5)
				if err != nil {
					t.Fatal(err)
				}
				store, err := net.NewStore(1)
				if err != nil {
					t.Fatal(err)
				}
				defer store.Finalize()
				p, err := infer.New(b.Compute, store, net)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				var want []float32
				for seed := range 4 {
					for slot := range size {
						in := &feed.Batch{Shape: shape, Frames: make([]uint8, size*shape.Bytes()), Labels: make([]int32, size), Filled: size}
						for i := range in.Frames {
							in.Frames[i] = uint8(i * (89 + 2*seed) / (1 + i/shape.Bytes()))
						}
						if seed == 3 { // the last clip, and padding after it
							in.Filled = slot + 1
							clear(in.Frames[in.Filled*shape.Bytes():])
						}
						for i := range in.Clip(slot) {
							in.Clip(slot)[i] = uint8(i * i >> 3)
						}
						rows, err := p.Logits(in)
						if err != nil {
							t.Fatal(err)
						}
						if want == nil {
							want = rows[slot]
						}
						if !slices.Equal(rows[slot], want) {
							t.Errorf("slot %d among clips %d: %v, want %v", slot, seed, rows[slot], want)
						}
					}
				}
			})
		}
	}
}

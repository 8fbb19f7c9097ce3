package classifier_test

import (
	"slices"
	"testing"

	"padapter/models/backend"
	"padapter/models/backend/enginetest"
	"padapter/models/tuning"
	"padapter/models/vit"
	"padapter/models/weights"
)

// TestTrainingIsRepeatable takes the same steps twice on every engine: the weights must be equal, bit for bit.
func TestTrainingIsRepeatable(t *testing.T) {
	backbone := vit.Config{Frames: 8, Height: 32, Width: 32, Tubelet: 2, Patch: 8, Dim: 48, Depth: 1, Heads: 3, MLPRatio: 4}
	enginetest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, kind := range []string{"padapter", "full"} {
			t.Run(kind, func(t *testing.T) {
				c := tuning.Config{Kind: kind, Bottleneck: 8, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
				var first map[string][]float32
				for range 2 {
					net, store := newNetwork(t, backbone, c)
					trainSteps(t, b.Compute, net, store, clips(backbone, 8), 3)
					got := map[string][]float32{}
					for _, p := range net.Parameters() {
						values, err := weights.Values(store, p)
						if err != nil {
							t.Fatal(err)
						}
						got[p.Name] = values
					}
					if first == nil {
						first = got
						continue
					}
					for name, values := range got {
						if !slices.Equal(values, first[name]) {
							t.Errorf("%s differs between two runs", name)
						}
					}
				}
			})
		}
	})
}

package classifier_test

import (
	"math"
	"slices"
	"testing"

	"padapter/models/backend"
	"padapter/models/backend/enginetest"
	"padapter/models/tuning"
	"padapter/models/vit"
)

// TestHalfPrecisionStaysNearFloat32 compares products of bfloat16 with those of float32, forward and over steps of
// training, on the engines whose graphs round the operands.
func TestHalfPrecisionStaysNearFloat32(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, b *backend.Backend) {
		asked, err := backend.OpenWith(backend.Settings{Engine: b.Engine, Precision: backend.BFloat16})
		if b.Engine != "go" && (err != nil || !asked.RoundsInGraph()) {
			t.Skipf("backend %s does not round in the graph", b.Engine)
		}
		checkHalf(t, b)
	})
}

func checkHalf(t *testing.T, b *backend.Backend) {
	whole := vit.Config{Frames: 4, Height: 16, Width: 16, Tubelet: 2, Patch: 8, Dim: 24, Depth: 2, Heads: 3, MLPRatio: 4}
	half := whole
	half.Half = true
	for _, kind := range []string{"padapter", "full"} {
		t.Run(kind, func(t *testing.T) {
			c := tuning.Config{Kind: kind, Bottleneck: 8, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"}
			frames := clips(whole, 6)
			outputs, losses := map[bool][]float32{}, map[bool][]float32{}
			for _, backbone := range []vit.Config{whole, half} {
				net, store := newNetwork(t, backbone, c)
				outputs[backbone.Half] = logits(t, b.Compute, net, store, frames)
				losses[backbone.Half] = trainSteps(t, b.Compute, net, store, frames, 8)
			}
			if slices.Equal(outputs[true], outputs[false]) {
				t.Fatal("the logits are the same: nothing was computed in bfloat16")
			}
			for i, want := range outputs[false] { // eight bits of mantissa, two blocks
				if got := outputs[true][i]; math.Abs(float64(got-want)) > 0.03*(1+math.Abs(float64(want))) {
					t.Errorf("logit %d is %v, in float32 %v", i, got, want)
				}
			}
			got, want := losses[true], losses[false]
			last := len(want) - 1
			if got[last] >= got[0] || math.Abs(float64(got[last]-want[last])) > 0.05*float64(want[0]) {
				t.Errorf("losses %v, in float32 %v", got, want)
			}
		})
	}
}

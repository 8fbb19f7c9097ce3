package train

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
)

// Batches seen in parts must give the steps of whole batches: same losses, same weights, same running statistics.
func TestMicroBatchesEqualTheLargeBatch(t *testing.T) { engines(t, testMicroBatches) }

func testMicroBatches(t *testing.T, engine compute.Backend) {
	kinds := []string{"padapter", "linear", "full"}
	if engine.Name() != "go" {
		kinds = kinds[:1] // the scheme is the same on every engine; this one compiles slowly
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			train := func(micro int) (*trial, []float64) {
				r := tinyRecipe(kind)
				r.Train.Epochs, r.Train.ClipNorm, r.Train.Optimizer = 1, 0.5, "sgd"
				r.Train.LabelSmoothing, r.Train.EMA, r.Train.LayerDecay, r.Train.Mixup, r.Train.CutMix = 0.1, 0.9, 0.8, 0.8, 1
				tr := newTrial(t, engine, r)
				tr.opt.MicroBatch, tr.opt.Flip = micro, true
				if _, err := Run(t.Context(), tr.opt); err != nil {
					t.Fatal(err)
				}
				return tr, losses(t, tr.opt.OutDir)
			}
			whole, want := train(0)
			parts, got := train(2)
			for i := range want {
				if math.Abs(got[i]-want[i]) > 1e-5 {
					t.Errorf("step %d has loss %v in parts of 2, %v in one piece", i+1, got[i], want[i])
				}
			}
			wantWeights := weightsOf(t, whole.opt.Store)
			for path, values := range weightsOf(t, parts.opt.Store) {
				for i, v := range values {
					if w, ok := wantWeights[path]; ok && math.Abs(float64(v-w[i])) > 2e-5*math.Max(1, math.Abs(float64(w[i]))) {
						t.Errorf("%s[%d] is %v in parts, %v in one piece", path, i, v, w[i])
						break
					}
				}
			}
		})
	}
}

func TestMicroBatchMustDivide(t *testing.T) {
	tr := newTrial(t, goBackend(t), tinyRecipe("linear"))
	tr.opt.MicroBatch = 3
	if _, err := Run(t.Context(), tr.opt); err == nil {
		t.Error("parts of 3 in a batch of 8 were accepted")
	}
}

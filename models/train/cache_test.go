package train

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
)

// Steps on kept features are those on clips, also when only some features fit.
func TestCachedFeaturesGiveTheSameSteps(t *testing.T) { engines(t, testCachedFeatures) }

func testCachedFeatures(t *testing.T, engine compute.Backend) {
	train := func(cache int64) (*Result, []float64) {
		r := tinyRecipe("linear")
		r.Train.Epochs = 3
		tr := newTrial(t, engine, r)
		tr.opt.FeatureCacheBytes, tr.opt.Flip = cache, true
		result, err := Run(t.Context(), tr.opt)
		if err != nil {
			t.Fatal(err)
		}
		return result, losses(t, tr.opt.OutDir)
	}
	none, want := train(0)
	all, got := train(1 << 30)
	some, bounded := train(3 * (entryBytes + 4*64))
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-6 || math.Abs(bounded[i]-want[i]) > 1e-6 {
			t.Errorf("step %d has loss %v with a cache, %v with a small one, %v without", i+1, got[i], bounded[i], want[i])
		}
	}
	steps := all.Steps * int64(tinyRecipe("linear").Train.Batch)
	if none.CachedClips != 0 || some.CachedClips == 0 || some.CachedClips >= all.CachedClips || all.CachedClips >= steps {
		t.Errorf("clips found in the cache: %d without one, %d in a small one, %d in a large one, of %d", none.CachedClips, some.CachedClips, all.CachedClips, steps)
	}
}

func TestCacheNeedsAFrozenTrunk(t *testing.T) {
	tr := newTrial(t, goBackend(t), tinyRecipe("padapter"))
	tr.opt.FeatureCacheBytes = 1 << 20
	if _, err := Run(t.Context(), tr.opt); err == nil || !strings.Contains(err.Error(), "use the tuning linear") {
		t.Errorf("got %v", err)
	}
	r := tinyRecipe("linear")
	r.Model.Dropout = 0.1
	tr = newTrial(t, goBackend(t), r)
	tr.opt.FeatureCacheBytes = 1 << 20
	if _, err := Run(t.Context(), tr.opt); err == nil || !strings.Contains(err.Error(), "dropout") {
		t.Errorf("with dropout: got %v", err)
	}
}

func TestMicroBatchesRefuseDropout(t *testing.T) {
	r := tinyRecipe("full")
	r.Model.DropPath = 0.1
	tr := newTrial(t, goBackend(t), r)
	tr.opt.MicroBatch = 2
	if _, err := Run(t.Context(), tr.opt); err == nil || !strings.Contains(err.Error(), "drop_path") {
		t.Errorf("got %v", err)
	}
}

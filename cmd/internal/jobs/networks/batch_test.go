package networks

import (
	"strings"
	"testing"

	"padapter/manifests/recipe"
	"padapter/models/vit"
)

func TestBatchSizeByMemory(t *testing.T) {
	for _, c := range []struct {
		wanted, recipes int
		clip, memory    int64
		want            int
		why             string
	}{
		{3, 16, 1 << 30, 1 << 30, 3, "given"},
		{0, 16, 1 << 20, 1 << 30, 16, "about 16 MiB"},
		{0, 16, 64 << 20, 1 << 30, 4, "more than a quarter"},
		{0, 16, 1 << 30, 1 << 30, 1, "16384 MiB"},
		{0, 16, 1 << 30, 0, 16, "the recipe's"},
	} {
		if got, why := batchSize(c.wanted, c.recipes, c.clip, c.memory); got != c.want || !strings.Contains(why, c.why) {
			t.Errorf("%+v: %d (%s)", c, got, why)
		}
	}
	clip := recipe.Clip{Frames: 16, Height: 224, Width: 224}
	base := vit.Config{Frames: 16, Height: 224, Width: 224, Tubelet: 2, Patch: 16, Dim: 768, Depth: 12, Heads: 12}
	small := clipBytes(clip, base)
	if least := int64(16 * 224 * 224 * 3 * 5); small < least || small > 400<<20 {
		t.Errorf("a clip of 16 frames in ViT-B takes %d MiB", small>>20)
	}
	base.Frames, clip.Frames = 32, 32
	if larger := clipBytes(clip, base); larger < 2*small {
		t.Errorf("twice the frames take %d bytes, once %d", larger, small)
	}
}

package train

import (
	"math"
	"strconv"
	"strings"
)

// layerDecay returns the factors of layer-wise learning rate decay for a transformer of the given depth: decay^(depth +
// 1 - layer). The embedding is layer 0, block i is layer i + 1, and everything after the blocks is layer depth + 1 with
// the full rate (Clark et al. 2020, as used for fine-tuning masked autoencoders).
func layerDecay(decay float64, depth int) func(path string) float64 {
	return func(path string) float64 { return math.Pow(decay, float64(depth+1-layerOf(path, depth))) }
}

// layerOf returns the layer of a variable from its path, such as /blocks/3/attn/proj/weight.
func layerOf(path string, depth int) int {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch parts[0] {
	case "blocks", "embeddings": // the backbone's blocks, and VPT's prompts by block
		if len(parts) > 1 {
			if i, err := strconv.Atoi(parts[1]); err == nil && i >= 0 {
				return min(i, depth-1) + 1
			}
		}
		return 0
	case "patch_embed", "pos_embed", "cls_token":
		return 0
	}
	return depth + 1
}

package networks

import (
	"fmt"

	"padapter/cmd/internal/machine"
	"padapter/manifests/recipe"
	"padapter/models/vit"
)

// memoryShare is the part of the memory that the clips of a batch may take: decoding, the weights and other programs need
// some, too.
const memoryShare = 4

// clipBytes is about what one clip of a batch takes while it goes through a network: its pixels as bytes and as float32,
// and per token the values that a transformer's block holds at once (input, query, key, value, sum and four times the
// width inside the MLP) with a row of attention scores for each head.
func clipBytes(clip recipe.Clip, network vit.Config) int64 {
	pixels := int64(clip.Frames) * int64(clip.Height) * int64(clip.Width) * 3
	tokens := int64(network.Tokens())
	block := tokens * (9*int64(network.Dim) + 2*int64(network.Heads)*tokens) * 4
	return 5*pixels + block
}

// BatchSize is how many clips go through the networks at once, for an options field of which 0 stands for the default:
// the recipe's, unless these take more than their share of the memory. why says which it is, for people.
func BatchSize(wanted int, recipes int, clip recipe.Clip, network vit.Config) (n int, why string) {
	return batchSize(wanted, recipes, clipBytes(clip, network), machine.UsableMemoryBytes())
}

// batchSize is how many clips go through the networks at once: as many as were asked for or, for 0, the recipe's, unless
// these take more than their share of the memory (0: not known). It is the same in every run on a machine. why says which it is.
func batchSize(wanted, recipes int, clip, memory int64) (n int, why string) {
	if wanted > 0 {
		return wanted, "given"
	}
	if fit := int(memory / memoryShare / max(1, clip)); memory > 0 && fit < recipes {
		n = max(1, fit)
		return n, fmt.Sprintf("the recipe's %d would take %d MiB, more than a quarter of the memory (%d MiB)", recipes, int64(recipes)*clip>>20, memory>>20)
	}
	return recipes, fmt.Sprintf("the recipe's, about %d MiB", max(1, int64(recipes)*clip>>20))
}

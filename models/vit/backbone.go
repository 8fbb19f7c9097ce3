package vit

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"padapter/models/weights"
)

// Features runs the backbone on float32 tubelets [B, P, t·p·p·C] and returns the pooled features [B, D] that the head
// takes.
func Features(c Config, w weights.Nodes, hooks Hooks, patches *Node) *Node {
	return FinalNorm(c, w, Pooled(c, w, hooks, patches))
}

// FinalNorm applies the layer norm between pooling and head to [B, D].
func FinalNorm(c Config, w weights.Nodes, pooled *Node) *Node {
	return layerNorm(c, w, c.FinalNorm(), pooled)
}

// Pooled is Features without the final norm.
func Pooled(c Config, w weights.Nodes, hooks Hooks, patches *Node) *Node {
	x := hooks.Input(w, w.Dropout(embed(c, w, patches), c.Dropout))
	for i := range c.Depth {
		if c.GradientCheckpointing {
			x = x.Checkpoint()
		}
		x = block{c, w, hooks, i}.apply(x)
	}
	if c.GradientCheckpointing {
		x = x.StopCheckpoint()
	}
	return pool(c, x)
}

// pool reduces the stream [B, R+N, D] to [B, D]: the mean over the patch tokens, or the class token. It excludes the R
// rows that Hooks.Input prepended.
func pool(c Config, x *Node) *Node {
	rows := x.Shape().Dimensions[1]
	first := rows - c.Patches() // the first patch token; a class token is the one before
	if c.Pool != "class" && first == 0 {
		return ReduceMean(x, 1)
	}
	share := make([]float32, rows)
	if c.Pool == "class" {
		share[first-1] = 1
	} else {
		for i := first; i < rows; i++ {
			share[i] = 1 / float32(c.Patches())
		}
	}
	return weighted(x, share)
}

// weighted returns the sum over the tokens of x [B, N, D] with the given weights [N]. It selects single tokens by a
// product with zeros and a one, which is exact: a slice would need a gradient that ONNX Runtime's backend lacks.
func weighted(x *Node, share []float32) *Node {
	dims := x.Shape().Dimensions
	left := ConstTensor(x.Graph(), tensors.FromFlatDataAndDimensions(share, 1, 1, len(share)))
	left = BroadcastToDims(left, dims[0], 1, len(share))
	return Reshape(MatMul(left, x), dims[0], dims[2])
}

package vit

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"padapter/models/weights"
)

// Features runs the trunk on float tubelets [B, P, t·p·p·C] and returns the pooled features [B, D] that the head takes.
func Features(c Config, w weights.Nodes, hooks Hooks, patches *Node) *Node {
	x := w.Dropout(Embed(c, w, patches), c.Dropout)
	for i := range c.Depth {
		if c.Rematerialize {
			x = x.Checkpoint()
		}
		x = block{c, w, hooks, i}.apply(x)
	}
	if c.Rematerialize {
		x = x.StopCheckpoint()
	}
	return pool(c, w, x)
}

// pool turns the stream [B, N, D] into features [B, D]: fc_norm of the mean over patch tokens, or the class token after
// norm.
func pool(c Config, w weights.Nodes, x *Node) *Node {
	switch {
	case c.Pool == "class":
		share := make([]float32, c.Tokens())
		share[0] = 1
		return LayerNorm(w, c.FinalNorm(), weighted(x, share))
	case c.ClassToken:
		share := make([]float32, c.Tokens())
		for i := range share[1:] {
			share[i+1] = 1 / float32(c.Patches())
		}
		return LayerNorm(w, c.FinalNorm(), weighted(x, share))
	}
	return LayerNorm(w, c.FinalNorm(), ReduceMean(x, 1))
}

// weighted is the sum over tokens of x [B, N, D] with the given weights [N]. It takes single tokens out by a product with
// zeros and a one, which is exact, where a slice would need a gradient that ONNX Runtime's backend lacks.
func weighted(x *Node, share []float32) *Node {
	dims := x.Shape().Dimensions
	left := ConstTensor(x.Graph(), tensors.FromFlatDataAndDimensions(share, 1, 1, len(share)))
	left = BroadcastToDims(left, dims[0], 1, len(share))
	return Reshape(MatMul(left, x), dims[0], dims[2])
}

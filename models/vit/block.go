package vit

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/nn"

	"padapter/models/weights"
)

// Apply runs block i on the stream x [B, N, D]: x + attention(norm1(x)), then x + mlp(norm2(x)), with the hooks
// between.
func Apply(c Config, w weights.Nodes, hooks Hooks, i int, x *Node) *Node {
	in := x
	x = hooks.BeforeAttention(w, i, x)
	query := LayerNorm(w, Block(i)+"norm1", x)
	seen := query
	if prompts := hooks.Prompts(w, i); prompts != nil {
		dims := prompts.Shape().Dimensions
		prompts = BroadcastToDims(LayerNorm(w, Block(i)+"norm1", prompts), x.Shape().Dimensions[0], dims[1], dims[2])
		seen = Concatenate([]*Node{prompts, query}, 1)
	}
	x = Add(x, attention(c, w, Block(i)+"attn.", query, seen))
	x = hooks.AfterAttention(w, i, in, x)
	mid := x
	x = Add(x, mlp(w, Block(i), LayerNorm(w, Block(i)+"norm2", x)))
	return hooks.AfterMLP(w, i, in, mid, x)
}

// LayerNorm normalises the last axis of x with the weight and bias under that name.
func LayerNorm(w weights.Nodes, name string, x *Node) *Node {
	return nn.LayerNorm(x, []int{-1}, NormEpsilon, w.Node(name+".weight"), w.Node(name+".bias"), nil)
}

// attention is multi-head attention of the tokens x [B, N, D] to the tokens seen [B, M, D]:
// proj(softmax(q·kᵀ/√K)·v), biases on q and v, none on k. In a plain block both are the same.
func attention(c Config, w weights.Nodes, prefix string, x, seen *Node) *Node {
	batch, tokens := x.Shape().Dimensions[0], x.Shape().Dimensions[1]
	width := c.Dim / c.Heads
	heads := func(x *Node) *Node { // [B, M, D] to [B, S, M, K]
		return TransposeAllAxes(Reshape(x, batch, x.Shape().Dimensions[1], c.Heads, width), 0, 2, 1, 3)
	}
	q := Add(MatMul(x, w.Node(prefix+"q_proj.weight")), row(w.Node(prefix+"q_bias")))
	k := MatMul(seen, w.Node(prefix+"k_proj.weight"))
	v := Add(MatMul(seen, w.Node(prefix+"v_proj.weight")), row(w.Node(prefix+"v_bias")))
	q = MulScalar(q, 1/math.Sqrt(float64(width)))

	scores := Einsum("bsnk,bsmk->bsnm", heads(q), heads(k))
	mixed := Einsum("bsnm,bsmk->bsnk", Softmax(scores, -1), heads(v))
	out := Reshape(TransposeAllAxes(mixed, 0, 2, 1, 3), batch, tokens, c.Dim)
	return Add(MatMul(out, w.Node(prefix+"proj.weight")), row(w.Node(prefix+"proj.bias")))
}

// mlp is fc2(GELU(fc1(x))) on x [B, N, D].
func mlp(w weights.Nodes, prefix string, x *Node) *Node {
	x = Add(MatMul(x, w.Node(prefix+"fc1.weight")), row(w.Node(prefix+"fc1.bias")))
	return Add(MatMul(gelu(x), w.Node(prefix+"fc2.weight")), row(w.Node(prefix+"fc2.bias")))
}

// gelu is x·Φ(x) with the exact normal distribution function (Hendrycks and Gimpel 2016).
func gelu(x *Node) *Node {
	return Mul(x, MulScalar(AddScalar(Erf(MulScalar(x, 1/math.Sqrt2)), 1.0), 0.5))
}

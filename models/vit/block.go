package vit

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/weights"
)

// block builds one transformer block of the backbone.
type block struct {
	c     Config
	w     weights.Nodes
	hooks Hooks
	i     int
}

// apply runs the block on the residual stream x [B, N, D]: x + attention(norm1(x)), then x + mlp(norm2(x)), with the
// hooks in between.
func (b block) apply(x *Node) *Node {
	in := x
	x = b.hooks.BeforeAttention(b.w, b.i, x)
	query := b.norm("norm1", x)
	seen := query
	if prompts := b.hooks.Prompts(b.w, b.i); prompts != nil {
		dims := prompts.Shape().Dimensions
		prompts = BroadcastToDims(b.norm("norm1", prompts), x.Shape().Dimensions[0], dims[1], dims[2])
		seen = Concatenate([]*Node{prompts, query}, 1)
	}
	x = Add(x, b.w.DropPath(b.attention(query, seen), b.c.dropPath(b.i)))
	x = b.hooks.AfterAttention(b.w, b.i, in, x)
	mid := x
	x = Add(x, b.w.DropPath(b.hooks.MLPOutput(b.w, b.i, b.mlp(b.norm("norm2", x))), b.c.dropPath(b.i)))
	return b.hooks.AfterMLP(b.w, b.i, in, mid, x)
}

func (b block) norm(name string, x *Node) *Node { return layerNorm(b.c, b.w, Block(b.i)+name, x) }

// linear computes x·W + c for x [B, N, in] with the bias of the given name. There is no bias if the name is empty.
func (b block) linear(layer, bias string, x *Node) *Node {
	y := b.c.product(x, b.w.Node(Block(b.i)+layer+".weight"))
	if bias != "" {
		y = Add(y, row(b.w.Node(Block(b.i)+bias)))
	}
	return b.hooks.Linear(b.w, b.i, layer, x, y)
}

// attention is multi-head attention from the tokens x [B, N, D] to the tokens seen [B, M, D]: proj(softmax(q·kᵀ/√K)·v).
// Without prompts both are the same.
func (b block) attention(x, seen *Node) *Node {
	batch, tokens := x.Shape().Dimensions[0], x.Shape().Dimensions[1]
	others := seen.Shape().Dimensions[1]
	width := b.c.Dim / b.c.Heads
	bias := b.c.attentionBiases()
	q := MulScalar(b.linear("attn.q_proj", bias[0], x), 1/math.Sqrt(float64(width)))
	k := b.linear("attn.k_proj", bias[1], seen)
	v := b.linear("attn.v_proj", bias[2], seen)
	heads := func(x *Node, tokens int, axes ...int) *Node {
		return TransposeAllAxes(Reshape(x, batch, tokens, b.c.Heads, width), axes...)
	}
	// k has the layout [B, S, K, M], so that both products contract a last axis with a second-to-last axis. All engines
	// run this form as plain batched matrix products.
	scores := b.c.product(heads(q, tokens, 0, 2, 1, 3), heads(k, others, 0, 2, 3, 1)) // [B, S, N, M]
	shares := b.w.Dropout(softmax(b.c.GradientCheckpointing, scores), b.c.AttentionDropout)
	mixed := b.c.product(shares, heads(v, others, 0, 2, 1, 3)) // [B, S, N, K]
	out := Reshape(TransposeAllAxes(mixed, 0, 2, 1, 3), batch, tokens, b.c.Dim)
	return b.w.Dropout(b.linear("attn.proj", "attn.proj.bias", out), b.c.Dropout)
}

// mlp is fc2(GELU(fc1(x))) on x [B, N, D].
func (b block) mlp(x *Node) *Node {
	return b.w.Dropout(b.linear("fc2", "fc2.bias", gelu(b.c.GradientCheckpointing, b.linear("fc1", "fc1.bias", x))), b.c.Dropout)
}

// layerNorm normalises the last axis of x with the weight and bias of the given name (Ba et al. 2016). It does not use
// the engine's operation, which would compute gradients for everything below, frozen or not.
func layerNorm(c Config, w weights.Nodes, name string, x *Node) *Node {
	rank := x.Rank()
	return Add(Mul(normalize(c.GradientCheckpointing, x), ExpandLeftToRank(w.Node(name+".weight"), rank)), ExpandLeftToRank(w.Node(name+".bias"), rank))
}

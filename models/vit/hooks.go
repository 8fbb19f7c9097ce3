package vit

import (
	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/weights"
)

// Hooks is what a tuning adds to each block. x is the stream [B, N, D] at the hook's place; in is the stream as it
// entered the block and mid the stream between attention and MLP, both [B, N, D]. The trunk alone is NoHooks.
type Hooks interface {
	// Input returns the stream that enters the first block. It may put rows of its own in front, which then go through all
	// blocks and are left out of the pooling.
	Input(w weights.Nodes, x *Node) *Node
	// Prompts are tokens [1, n, D] that attention sees besides the stream, or nil.
	Prompts(w weights.Nodes, block int) *Node
	// BeforeAttention returns the stream that enters norm1.
	BeforeAttention(w weights.Nodes, block int, x *Node) *Node
	// AfterAttention returns the stream that enters norm2.
	AfterAttention(w weights.Nodes, block int, in, x *Node) *Node
	// MLPOutput returns what joins the stream in place of the MLP's output m [B, N, D].
	MLPOutput(w weights.Nodes, block int, m *Node) *Node
	// AfterMLP returns the stream that leaves the block.
	AfterMLP(w weights.Nodes, block int, in, mid, x *Node) *Node
	// Linear returns what takes the place of y [B, N, out], the output of the block's linear layer of that name
	// ("attn.q_proj", "attn.k_proj", "attn.v_proj", "attn.proj", "fc1", "fc2") on x [B, N, in].
	Linear(w weights.Nodes, block int, layer string, x, y *Node) *Node
}

// NoHooks adds nothing. Embed it to implement some of the methods.
type NoHooks struct{}

// Input returns x.
func (NoHooks) Input(_ weights.Nodes, x *Node) *Node { return x }

// Prompts returns nil.
func (NoHooks) Prompts(weights.Nodes, int) *Node { return nil }

// BeforeAttention returns x.
func (NoHooks) BeforeAttention(_ weights.Nodes, _ int, x *Node) *Node { return x }

// AfterAttention returns x.
func (NoHooks) AfterAttention(_ weights.Nodes, _ int, _, x *Node) *Node { return x }

// MLPOutput returns m.
func (NoHooks) MLPOutput(_ weights.Nodes, _ int, m *Node) *Node { return m }

// AfterMLP returns x.
func (NoHooks) AfterMLP(_ weights.Nodes, _ int, _, _, x *Node) *Node { return x }

// Linear returns y.
func (NoHooks) Linear(_ weights.Nodes, _ int, _ string, _, y *Node) *Node { return y }

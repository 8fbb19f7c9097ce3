package vit

import (
	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/weights"
)

// Hooks lets a tuning change each block. x is the residual stream [B, N, D] at the hook's position. in is the stream at
// the input of the block and mid the stream between attention and MLP, both [B, N, D]. NoHooks gives the plain
// backbone.
type Hooks interface {
	// Input returns the stream that enters the first block. It may prepend tokens, which pass through all blocks and
	// are excluded from pooling.
	Input(w weights.Nodes, x *Node) *Node
	// Prompts returns tokens [1, n, D] that attention sees in addition to the stream, or nil.
	Prompts(w weights.Nodes, block int) *Node
	// BeforeAttention returns the stream that enters norm1.
	BeforeAttention(w weights.Nodes, block int, x *Node) *Node
	// AfterAttention returns the stream that enters norm2.
	AfterAttention(w weights.Nodes, block int, in, x *Node) *Node
	// MLPOutput returns the value [B, N, D] that is added to the stream instead of the MLP's output m [B, N, D].
	MLPOutput(w weights.Nodes, block int, m *Node) *Node
	// AfterMLP returns the stream that leaves the block.
	AfterMLP(w weights.Nodes, block int, in, mid, x *Node) *Node
	// Linear returns the value that replaces y [B, N, out], the output of the block's linear layer with that name
	// ("attn.q_proj", "attn.k_proj", "attn.v_proj", "attn.proj", "fc1", "fc2") for the input x [B, N, in].
	Linear(w weights.Nodes, block int, layer string, x, y *Node) *Node
}

// NoHooks changes nothing. Embed it to implement only some of the methods.
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

package vit

import (
	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/weights"
)

// Hooks is what a tuning adds to each block. x is the stream [B, N, D] at the hook's place; in is the stream as it
// entered the block and mid the stream between attention and MLP, both [B, N, D]. Except for Prompts every method
// returns the new stream; the trunk alone is NoHooks.
type Hooks interface {
	Prompts(w weights.Nodes, block int) *Node                     // tokens [1, n, D] that attention sees besides the stream, or nil
	BeforeAttention(w weights.Nodes, block int, x *Node) *Node    // before norm1
	AfterAttention(w weights.Nodes, block int, in, x *Node) *Node // before norm2
	AfterMLP(w weights.Nodes, block int, in, mid, x *Node) *Node  // at the end
}

// NoHooks adds nothing. Embed it to implement some of the methods.
type NoHooks struct{}

// Prompts returns nil.
func (NoHooks) Prompts(weights.Nodes, int) *Node { return nil }

// BeforeAttention returns x.
func (NoHooks) BeforeAttention(_ weights.Nodes, _ int, x *Node) *Node { return x }

// AfterAttention returns x.
func (NoHooks) AfterAttention(_ weights.Nodes, _ int, _, x *Node) *Node { return x }

// AfterMLP returns x.
func (NoHooks) AfterMLP(_ weights.Nodes, _ int, _, _, x *Node) *Node { return x }

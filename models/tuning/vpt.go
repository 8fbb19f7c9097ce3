package tuning

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/vit"
	"padapter/models/weights"
)

// shallowVPT is shallow visual prompt tuning (Jia et al. 2022): learned tokens in front of the stream, which go through
// all blocks.
type shallowVPT struct {
	vit.NoHooks
	efficient
	trunk   vit.Config
	prompts int
}

// Parameters lists the prompts [1, n, D].
func (v *shallowVPT) Parameters() []weights.Parameter {
	return []weights.Parameter{weights.Vector("embeddings.0", []int{1, v.prompts, v.trunk.Dim}, weights.Tuning,
		weights.Xavier(v.prompts*v.trunk.Dim, v.trunk.Dim))}
}

// Input puts the prompts in front.
func (v *shallowVPT) Input(w weights.Nodes, x *Node) *Node {
	prompts := BroadcastToDims(w.Node("embeddings.0"), x.Shape().Dimensions[0], v.prompts, v.trunk.Dim)
	return Concatenate([]*Node{prompts, x}, 1)
}

// deepVPT is deep visual prompt tuning (Jia et al. 2022): every block gets learned tokens of its own, which its attention
// sees beside the stream. As the published form drops them behind the block, nothing is computed for the prompts
// themselves beyond their keys and values.
type deepVPT struct {
	vit.NoHooks
	efficient
	trunk   vit.Config
	prompts int
}

func newVPT(c Config, trunk vit.Config) (Tuning, error) {
	if c.Prompts < 1 {
		return nil, fmt.Errorf("%s: %d prompts: it needs at least 1 (its paper uses 1 to 200)", c.Kind, c.Prompts)
	}
	if c.Kind == "vpt-shallow" {
		return &shallowVPT{trunk: trunk, prompts: c.Prompts}, nil
	}
	return &deepVPT{trunk: trunk, prompts: c.Prompts}, nil
}

// Parameters lists the prompts [1, n, D] of every block.
func (v *deepVPT) Parameters() []weights.Parameter {
	var list []weights.Parameter
	for i := range v.trunk.Depth {
		list = append(list, weights.Vector(v.name(i), []int{1, v.prompts, v.trunk.Dim}, weights.Tuning,
			weights.Xavier(v.prompts*v.trunk.Dim, v.trunk.Dim)))
	}
	return list
}

func (v *deepVPT) name(block int) string { return fmt.Sprintf("embeddings.%d", block) }

// Prompts returns the block's tokens.
func (v *deepVPT) Prompts(w weights.Nodes, block int) *Node { return w.Node(v.name(block)) }

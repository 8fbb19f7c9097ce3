package tuning

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/vit"
	"padapter/models/weights"
)

// shallowVPT is shallow visual prompt tuning (Jia et al. 2022): learned tokens are prepended to the stream and pass
// through all blocks.
type shallowVPT struct {
	vit.NoHooks
	efficient
	backbone vit.Config
	prompts  int
}

// Parameters lists the prompts [1, n, D].
func (v *shallowVPT) Parameters() []weights.Parameter {
	return []weights.Parameter{weights.Vector("embeddings.0", []int{1, v.prompts, v.backbone.Dim}, weights.Tuning,
		weights.Xavier(v.prompts*v.backbone.Dim, v.backbone.Dim))}
}

// Input prepends the prompts.
func (v *shallowVPT) Input(w weights.Nodes, x *Node) *Node {
	prompts := BroadcastToDims(w.Node("embeddings.0"), x.Shape().Dimensions[0], v.prompts, v.backbone.Dim)
	return Concatenate([]*Node{prompts, x}, 1)
}

// deepVPT is deep visual prompt tuning (Jia et al. 2022): every block has its own learned tokens, which its attention
// sees in addition to the stream. As in the published code they are dropped after the block, so only their keys and
// values are computed.
type deepVPT struct {
	vit.NoHooks
	efficient
	backbone vit.Config
	prompts  int
}

func newVPT(c Config, backbone vit.Config) (Tuning, error) {
	if c.Prompts < 1 {
		return nil, fmt.Errorf("%s: %d prompts: it needs at least 1 (its paper uses 1 to 200)", c.Kind, c.Prompts)
	}
	if c.Kind == "vpt-shallow" {
		return &shallowVPT{backbone: backbone, prompts: c.Prompts}, nil
	}
	return &deepVPT{backbone: backbone, prompts: c.Prompts}, nil
}

// Parameters lists the prompts [1, n, D] of every block.
func (v *deepVPT) Parameters() []weights.Parameter {
	var list []weights.Parameter
	for i := range v.backbone.Depth {
		list = append(list, weights.Vector(v.name(i), []int{1, v.prompts, v.backbone.Dim}, weights.Tuning,
			weights.Xavier(v.prompts*v.backbone.Dim, v.backbone.Dim)))
	}
	return list
}

func (v *deepVPT) name(block int) string { return fmt.Sprintf("embeddings.%d", block) }

// Prompts returns the prompt tokens of the block.
func (v *deepVPT) Prompts(w weights.Nodes, block int) *Node { return w.Node(v.name(block)) }

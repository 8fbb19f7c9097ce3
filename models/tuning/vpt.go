package tuning

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/vit"
	"padapter/models/weights"
)

// VPT is deep visual prompt tuning (Jia et al. 2022): every block gets learned tokens of its own in front of the
// stream, which leave it again behind the block.
type VPT struct {
	vit.NoHooks
	efficient
	trunk   vit.Config
	prompts int
}

func newVPT(c Config, trunk vit.Config) (*VPT, error) {
	if c.Prompts < 1 {
		return nil, fmt.Errorf("vpt: %d prompts: it needs at least 1", c.Prompts)
	}
	return &VPT{trunk: trunk, prompts: c.Prompts}, nil
}

// Parameters lists the prompts [1, n, D] of every block.
func (v *VPT) Parameters() []weights.Parameter {
	var list []weights.Parameter
	for i := range v.trunk.Depth {
		list = append(list, weights.Vector(v.name(i), []int{1, v.prompts, v.trunk.Dim}, weights.Tuning,
			weights.Xavier(v.prompts*v.trunk.Dim, v.trunk.Dim)))
	}
	return list
}

func (v *VPT) name(block int) string { return fmt.Sprintf("embeddings.%d", block) }

// Enter puts the block's prompts in front.
func (v *VPT) Enter(w weights.Nodes, block int, x *Node) *Node {
	batch := x.Shape().Dimensions[0]
	return Concatenate([]*Node{BroadcastToDims(w.Node(v.name(block)), batch, v.prompts, v.trunk.Dim), x}, 1)
}

// Leave takes them away.
func (v *VPT) Leave(_ weights.Nodes, _ int, x *Node) *Node {
	return SliceAxis(x, 1, AxisRangeToEnd(v.prompts))
}

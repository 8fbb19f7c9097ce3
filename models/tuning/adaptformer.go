package tuning

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/vit"
	"padapter/models/weights"
)

// adaptFormerScale is the fixed scale of AdaptFormer's branch (Chen et al. 2022).
const adaptFormerScale = 0.1

// AdaptFormer is a bottleneck branch parallel to the MLP: it reads the stream between attention and MLP, and
// 0.1·(ReLU(x·W_down + c_down)·W_up + c_up) is added to the MLP's output.
type AdaptFormer struct {
	vit.NoHooks
	efficient
	trunk vit.Config
	width int
}

func newAdaptFormer(c Config, trunk vit.Config) (*AdaptFormer, error) {
	if c.Bottleneck < 1 {
		return nil, fmt.Errorf("adaptformer: bottleneck is %d: it must be at least 1 (its paper uses 64)", c.Bottleneck)
	}
	return &AdaptFormer{trunk: trunk, width: c.Bottleneck}, nil
}

// Parameters lists both projections of every block.
func (a *AdaptFormer) Parameters() []weights.Parameter {
	var list []weights.Parameter
	d := a.trunk.Dim
	for i := range a.trunk.Depth {
		prefix := vit.Block(i) + "adaptmlp."
		list = append(list,
			weights.Kernel(prefix+"down_proj.weight", d, a.width, weights.Tuning, weights.Kaiming(d)),
			weights.Vector(prefix+"down_proj.bias", []int{a.width}, weights.Tuning, weights.Zero),
			weights.Kernel(prefix+"up_proj.weight", a.width, d, weights.Tuning, weights.Zero),
			weights.Vector(prefix+"up_proj.bias", []int{d}, weights.Tuning, weights.Zero))
	}
	return list
}

// AfterMLP adds the branch.
func (a *AdaptFormer) AfterMLP(w weights.Nodes, block int, _, mid, x *Node) *Node {
	prefix := vit.Block(block) + "adaptmlp."
	branch := linear(w, prefix+"up_proj", relu(linear(w, prefix+"down_proj", mid)))
	return Add(x, MulScalar(branch, adaptFormerScale))
}

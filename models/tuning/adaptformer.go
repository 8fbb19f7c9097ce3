package tuning

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/vit"
	"padapter/models/weights"
)

// adaptFormerScale is the fixed scale of the branch (Chen et al. 2022).
const adaptFormerScale = 0.1

// adaptFormer is AdaptFormer, a bottleneck branch y(x) = 0.1·(ReLU(x·W_down + c_down)·W_up + c_up) at the MLP. In
// parallel, it reads the stream between attention and MLP and is added to the MLP's output. In sequence, it reads the
// MLP's output and is added to it.
type adaptFormer struct {
	vit.NoHooks
	efficient
	backbone   vit.Config
	width      int
	sequential bool
	dropout    float64
}

func newAdaptFormer(c Config, backbone vit.Config) (*adaptFormer, error) {
	if c.Bottleneck < 1 {
		return nil, fmt.Errorf("adaptformer: bottleneck is %d: it must be at least 1 (its paper uses 64)", c.Bottleneck)
	}
	if err := checkRate(c.Dropout); err != nil {
		return nil, fmt.Errorf("adaptformer: %w", err)
	}
	return &adaptFormer{backbone: backbone, width: c.Bottleneck, sequential: c.Kind == "adaptformer-sequential", dropout: c.Dropout}, nil
}

// Parameters lists both projections of every block.
func (a *adaptFormer) Parameters() []weights.Parameter {
	var list []weights.Parameter
	d := a.backbone.Dim
	for i := range a.backbone.Depth {
		prefix := vit.Block(i) + "adaptmlp."
		list = append(list,
			weights.Kernel(prefix+"down_proj.weight", d, a.width, weights.Tuning, weights.Kaiming(d)),
			weights.Vector(prefix+"down_proj.bias", []int{a.width}, weights.Tuning, weights.Zero),
			weights.Kernel(prefix+"up_proj.weight", a.width, d, weights.Tuning, weights.Zero),
			weights.Vector(prefix+"up_proj.bias", []int{d}, weights.Tuning, weights.Zero))
	}
	return list
}

// MLPOutput applies the sequential branch.
func (a *adaptFormer) MLPOutput(w weights.Nodes, block int, m *Node) *Node {
	if a.sequential {
		return a.add(w, block, m, m)
	}
	return m
}

// AfterMLP applies the parallel branch.
func (a *adaptFormer) AfterMLP(w weights.Nodes, block int, _, mid, x *Node) *Node {
	if a.sequential {
		return x
	}
	return a.add(w, block, x, mid)
}

// add returns x + y(of).
func (a *adaptFormer) add(w weights.Nodes, block int, x, of *Node) *Node {
	prefix := vit.Block(block) + "adaptmlp."
	hidden := w.Dropout(relu(linear(w, prefix+"down_proj", of)), a.dropout)
	return Add(x, MulScalar(linear(w, prefix+"up_proj", hidden), adaptFormerScale))
}

package tuning

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/vit"
	"padapter/models/weights"
)

// loraLayers are the layers that LoRA adapts: queries and values, as in its paper.
var loraLayers = []string{"attn.q_proj", "attn.v_proj"}

// LoRA adds low-rank products to frozen kernels (Hu et al. 2022): y + α/r·(x·A)·B with A [D, r] and B [r, D], at the
// query and value layers of every block. B is initialised to 0.
type LoRA struct {
	vit.NoHooks
	efficient
	backbone vit.Config
	rank     int
	scale    float64 // α/r
}

func newLoRA(c Config, backbone vit.Config) (*LoRA, error) {
	if c.Rank < 1 {
		return nil, fmt.Errorf("lora: rank is %d: it must be at least 1 (its paper uses 4 to 64)", c.Rank)
	}
	alpha := c.Alpha
	if alpha == 0 {
		alpha = float64(c.Rank)
	}
	return &LoRA{backbone: backbone, rank: c.Rank, scale: alpha / float64(c.Rank)}, nil
}

// Parameters lists A and B of every adapted layer.
func (l *LoRA) Parameters() []weights.Parameter {
	var list []weights.Parameter
	d := l.backbone.Dim
	for i := range l.backbone.Depth {
		for _, layer := range loraLayers {
			name := vit.Block(i) + layer
			list = append(list,
				weights.Kernel(name+".lora_a.weight", d, l.rank, weights.Tuning, weights.Kaiming(d)),
				weights.Kernel(name+".lora_b.weight", l.rank, d, weights.Tuning, weights.Zero))
		}
	}
	return list
}

// Linear adds the low-rank product to y.
func (l *LoRA) Linear(w weights.Nodes, block int, layer string, x, y *Node) *Node {
	for _, widened := range loraLayers {
		if layer == widened {
			name := vit.Block(block) + layer
			thin := MatMul(MatMul(x, w.Node(name+".lora_a.weight")), w.Node(name+".lora_b.weight"))
			return Add(y, MulScalar(thin, l.scale))
		}
	}
	return y
}

// Merge returns the kernel [D, D] with the low-rank product added, or the kernel itself if LoRA does not adapt it.
// value returns the values of a parameter by name, in memory layout.
func (l *LoRA) Merge(kernel weights.Parameter, value func(name string) ([]float32, error)) ([]float32, error) {
	base, err := value(kernel.Name)
	if err != nil {
		return nil, err
	}
	name, widened := l.widened(kernel.Name)
	if !widened {
		return base, nil
	}
	a, err := value(name + ".lora_a.weight")
	if err != nil {
		return nil, err
	}
	b, err := value(name + ".lora_b.weight")
	if err != nil {
		return nil, err
	}
	d := l.backbone.Dim
	merged := make([]float32, len(base))
	for i := range d {
		for j := range d {
			sum := 0.0
			for r := range l.rank {
				sum += float64(a[i*l.rank+r]) * float64(b[r*d+j])
			}
			merged[i*d+j] = float32(float64(base[i*d+j]) + l.scale*sum)
		}
	}
	return merged, nil
}

// widened returns the name of the layer if kernel is the kernel of a layer that LoRA adapts.
func (l *LoRA) widened(kernel string) (string, bool) {
	for i := range l.backbone.Depth {
		for _, layer := range loraLayers {
			if name := vit.Block(i) + layer; kernel == name+".weight" {
				return name, true
			}
		}
	}
	return "", false
}

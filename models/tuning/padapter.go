package tuning

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"padapter/models/vit"
	"padapter/models/weights"
)

// Locations are the positions in a block at which PAdapter can act.
var Locations = []string{"p_a_m", "a_p_m", "a_m_p", "p+a_m", "a_p+m", "p+b"}

// CatModes are the ways in which PAdapter concatenates prompts and hidden state.
var CatModes = []string{"x_p", "p_x_p", "p_2x_p"}

// LearnModes are the ways in which PAdapter combines prompts with the hidden state.
var LearnModes = []string{"add", "cat"}

// pAdapter is the paper's module (Li et al. 2025): a bottleneck adapter whose hidden state is concatenated with prompts
// that have one row per token.
//
// With h = x·W_down + c_down, the cat mode gives z = [h, P′], [P₁′, h, P₂′] with h of width b, or [P₁′, h, P₂′] with h
// of width 2b. In learn mode add, P′ is P + h (p_2x_p: P₁ + first half, P₂ + second half). In learn mode cat, P′ is P.
// The published code fails for p_2x_p with cat; here it follows the formula. The output is y = s·(ReLU(z)·W_up + c_up).
// W_up and the biases are initialised to 0, so a new module adds nothing.
type pAdapter struct {
	vit.NoHooks
	efficient
	backbone             vit.Config
	width                int // b
	rows                 int // L, rows of a prompt: one per token, or one that all tokens share
	dropout              float64
	location, cat, learn string
	scaleLearned         bool
	scale                float64
}

func newPAdapter(c Config, backbone vit.Config) (*pAdapter, error) {
	for _, f := range []struct {
		name, value string
		allowed     []string
	}{{"location", c.Location, Locations}, {"cat mode", c.CatMode, CatModes}, {"learn mode", c.LearnMode, LearnModes}} {
		if !slices.Contains(f.allowed, f.value) {
			return nil, fmt.Errorf("padapter: %s %q is unknown: use one of %s", f.name, f.value, strings.Join(f.allowed, ", "))
		}
	}
	if c.Bottleneck < 1 {
		return nil, fmt.Errorf("padapter: bottleneck is %d: it must be at least 1 (the paper uses 32)", c.Bottleneck)
	}
	learned, scale, err := parseScale(c.Scale)
	if err != nil {
		return nil, fmt.Errorf("padapter: %w", err)
	}
	rows := c.PromptLength
	if rows == 0 {
		rows = backbone.Tokens()
	}
	if rows != 1 && rows != backbone.Tokens() {
		return nil, fmt.Errorf("padapter: prompt length %d does not fit the network's %d tokens: use 0 for one row a token, or 1 for a row that all share; 'padapter adapter resize' fits a trained adapter's prompts to other frames and picture sizes", rows, backbone.Tokens())
	}
	if err := checkRate(c.Dropout); err != nil {
		return nil, fmt.Errorf("padapter: %w", err)
	}
	return &pAdapter{backbone: backbone, width: c.Bottleneck, rows: rows, dropout: c.Dropout, location: c.Location, cat: c.CatMode, learn: c.LearnMode, scaleLearned: learned, scale: scale}, nil
}

// hidden returns the width of h.
func (a *pAdapter) hidden() int {
	if a.cat == "p_2x_p" {
		return 2 * a.width
	}
	return a.width
}

// prompts returns the names of the prompts.
func (a *pAdapter) prompts() []string {
	if a.cat == "x_p" {
		return []string{"prompt"}
	}
	return []string{"prompt1", "prompt2"}
}

// Parameters lists the scale (if learned), the prompts [1, L, b] and both projections of every block.
func (a *pAdapter) Parameters() []weights.Parameter {
	var list []weights.Parameter
	d := a.backbone.Dim
	for i := range a.backbone.Depth {
		prefix := vit.Block(i) + "padapter."
		vector := func(name string, shape []int, init weights.Initializer) {
			list = append(list, weights.Vector(prefix+name, shape, weights.Tuning, init))
		}
		if a.scaleLearned {
			vector("scale", []int{1}, weights.One)
		}
		for _, p := range a.prompts() {
			vector(p, []int{1, a.rows, a.width}, weights.Xavier(a.rows*a.width, a.width))
		}
		joined := a.hidden() + len(a.prompts())*a.width
		list = append(list, weights.Kernel(prefix+"down_proj.weight", d, a.hidden(), weights.Tuning, weights.Kaiming(d)))
		vector("down_proj.bias", []int{a.hidden()}, weights.Zero)
		list = append(list, weights.Kernel(prefix+"up_proj.weight", joined, d, weights.Tuning, weights.Zero))
		vector("up_proj.bias", []int{d}, weights.Zero)
	}
	return list
}

// add returns x + y(of).
func (a *pAdapter) add(w weights.Nodes, block int, x, of *Node) *Node {
	return Add(x, a.module(w, vit.Block(block)+"padapter.", of))
}

// module computes y(x) for x [B, N, D].
func (a *pAdapter) module(w weights.Nodes, prefix string, x *Node) *Node {
	batch := x.Shape().Dimensions[0]
	x.AssertDims(batch, a.backbone.Tokens(), a.backbone.Dim)
	h := linear(w, prefix+"down_proj", x)
	var prompts []*Node
	for i, name := range a.prompts() {
		p := w.Node(prefix + name)
		if a.learn == "add" {
			p = Add(p, a.part(h, i))
		} else {
			p = BroadcastToDims(p, batch, a.backbone.Tokens(), a.width)
		}
		prompts = append(prompts, p)
	}
	joined := []*Node{h, prompts[0]}
	if len(prompts) == 2 {
		joined = []*Node{prompts[0], h, prompts[1]}
	}
	y := linear(w, prefix+"up_proj", w.Dropout(relu(Concatenate(joined, -1)), a.dropout))
	if a.scaleLearned {
		return Mul(y, Reshape(w.Node(prefix+"scale"), 1, 1, 1))
	}
	return MulScalar(y, a.scale)
}

// part returns the columns of h [B, N, hidden] that are added to prompt i: all, or one half in mode p_2x_p. The half is
// selected by a product with a constant 0/1 matrix, which is exact. The gradient of a slice would be a padding, which
// ONNX Runtime's backend lacks.
func (a *pAdapter) part(h *Node, i int) *Node {
	if a.hidden() == a.width {
		return h
	}
	selector := make([]float32, a.hidden()*a.width)
	for j := range a.width {
		selector[(i*a.width+j)*a.width+j] = 1
	}
	return MatMul(h, ConstTensor(h.Graph(), tensors.FromFlatDataAndDimensions(selector, a.hidden(), a.width)))
}

// BeforeAttention applies location p_a_m.
func (a *pAdapter) BeforeAttention(w weights.Nodes, block int, x *Node) *Node {
	if a.location == "p_a_m" {
		return a.add(w, block, x, x)
	}
	return x
}

// AfterAttention applies locations a_p_m and p+a_m.
func (a *pAdapter) AfterAttention(w weights.Nodes, block int, in, x *Node) *Node {
	switch a.location {
	case "a_p_m":
		return a.add(w, block, x, x)
	case "p+a_m":
		return a.add(w, block, x, in)
	}
	return x
}

// AfterMLP applies locations a_m_p, a_p+m and p+b.
func (a *pAdapter) AfterMLP(w weights.Nodes, block int, in, mid, x *Node) *Node {
	switch a.location {
	case "a_m_p":
		return a.add(w, block, x, x)
	case "a_p+m":
		return a.add(w, block, x, mid)
	case "p+b":
		return a.add(w, block, x, in)
	}
	return x
}

// linear computes x·W + c for x [B, N, in].
func linear(w weights.Nodes, name string, x *Node) *Node {
	bias := w.Node(name + ".bias")
	return Add(MatMul(x, w.Node(name+".weight")), Reshape(bias, 1, 1, bias.Shape().Dimensions[0]))
}

// relu computes max(x, 0).
func relu(x *Node) *Node { return Max(x, ZerosLike(x)) }

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

// Locations are PAdapter's places in a block.
var Locations = []string{"p_a_m", "a_p_m", "a_m_p", "p+a_m", "a_p+m", "p+b"}

// CatModes are what PAdapter concatenates.
var CatModes = []string{"x_p", "p_x_p", "p_2x_p"}

// LearnModes are how PAdapter's prompts meet the hidden state.
var LearnModes = []string{"add", "cat"}

// pAdapter is the paper's module (Li et al. 2025): a bottleneck adapter whose hidden state is concatenated with
// prompts, one prompt row for each token.
//
// With h = x·W_down + c_down, z is [h, P′], [P₁′, h, P₂′] with h of width b, or [P₁′, h, P₂′] with h of width 2b, by cat
// mode; P′ is P + h in learn mode add (p_2x_p: P₁ + first half, P₂ + second half) and P itself in learn mode cat (the
// published code raises for p_2x_p with cat; here it is what the formula says). The
// module's output is y = s·(ReLU(z)·W_up + c_up). W_up and the biases start at 0, so a fresh module adds nothing.
type pAdapter struct {
	vit.NoHooks
	efficient
	trunk                vit.Config
	width                int // b
	rows                 int // L, of a prompt: one for each token, or a single one that all share
	dropout              float64
	location, cat, learn string
	scaleLearned         bool
	scale                float64
}

func newPAdapter(c Config, trunk vit.Config) (*pAdapter, error) {
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
		rows = trunk.Tokens()
	}
	if rows != 1 && rows != trunk.Tokens() {
		return nil, fmt.Errorf("padapter: prompt length %d does not fit the network's %d tokens: use 0 for one row a token, or 1 for a row that all share; 'padapter adapter resize' fits a trained adapter's prompts to other frames and picture sizes", rows, trunk.Tokens())
	}
	if err := checkRate(c.Dropout); err != nil {
		return nil, fmt.Errorf("padapter: %w", err)
	}
	return &pAdapter{trunk: trunk, width: c.Bottleneck, rows: rows, dropout: c.Dropout, location: c.Location, cat: c.CatMode, learn: c.LearnMode, scaleLearned: learned, scale: scale}, nil
}

// hidden is the width of h.
func (a *pAdapter) hidden() int {
	if a.cat == "p_2x_p" {
		return 2 * a.width
	}
	return a.width
}

// prompts names the prompts and with them says how many there are.
func (a *pAdapter) prompts() []string {
	if a.cat == "x_p" {
		return []string{"prompt"}
	}
	return []string{"prompt1", "prompt2"}
}

// Parameters lists scale (when learned), prompts [1, L, b], and both projections of every block.
func (a *pAdapter) Parameters() []weights.Parameter {
	var list []weights.Parameter
	d := a.trunk.Dim
	for i := range a.trunk.Depth {
		prefix := vit.Block(i) + "padapter."
		vector := func(name string, shape []int, start weights.Start) {
			list = append(list, weights.Vector(prefix+name, shape, weights.Tuning, start))
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

// module is y(x) for x [B, N, D].
func (a *pAdapter) module(w weights.Nodes, prefix string, x *Node) *Node {
	batch := x.Shape().Dimensions[0]
	x.AssertDims(batch, a.trunk.Tokens(), a.trunk.Dim)
	h := linear(w, prefix+"down_proj", x)
	var prompts []*Node
	for i, name := range a.prompts() {
		p := w.Node(prefix + name)
		if a.learn == "add" {
			p = Add(p, a.part(h, i))
		} else {
			p = BroadcastToDims(p, batch, a.trunk.Tokens(), a.width)
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

// part is the share of h [B, N, hidden] that meets prompt i: all of it, or in mode p_2x_p its half. The half is taken by
// a product with a constant 0/1 matrix, which is exact, and whose gradient every engine has: a slice's gradient is a
// padding, which ONNX Runtime's backend lacks.
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

// BeforeAttention is where p_a_m acts.
func (a *pAdapter) BeforeAttention(w weights.Nodes, block int, x *Node) *Node {
	if a.location == "p_a_m" {
		return a.add(w, block, x, x)
	}
	return x
}

// AfterAttention is where a_p_m and p+a_m act.
func (a *pAdapter) AfterAttention(w weights.Nodes, block int, in, x *Node) *Node {
	switch a.location {
	case "a_p_m":
		return a.add(w, block, x, x)
	case "p+a_m":
		return a.add(w, block, x, in)
	}
	return x
}

// AfterMLP is where a_m_p, a_p+m and p+b act.
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

// linear is x·W + c for x [B, N, in].
func linear(w weights.Nodes, name string, x *Node) *Node {
	bias := w.Node(name + ".bias")
	return Add(MatMul(x, w.Node(name+".weight")), Reshape(bias, 1, 1, bias.Shape().Dimensions[0]))
}

// relu is max(x, 0).
func relu(x *Node) *Node { return Max(x, ZerosLike(x)) }

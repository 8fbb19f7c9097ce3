package tuning

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/vit"
	"padapter/models/weights"
)

// union applies several tunings to one backbone. If two act at the same position, they act in the order of their names
// in the configuration.
type union struct {
	efficient
	parts []Tuning
}

// newUnion parses a name such as "padapter+lora".
func newUnion(c Config, backbone vit.Config) (*union, error) {
	u := &union{}
	seen := map[string]bool{}
	for kind := range strings.SplitSeq(c.Kind, "+") {
		part := c
		part.Kind = kind
		switch {
		case kind == "linear" || kind == "full":
			return nil, fmt.Errorf("tuning %q: %s cannot be part of a union: the others train the head already, and full trains everything", c.Kind, kind)
		case seen[kind]:
			return nil, fmt.Errorf("tuning %q: %s is named twice", c.Kind, kind)
		case seen["vpt"] && kind == "vpt-shallow" || seen["vpt-shallow"] && kind == "vpt":
			return nil, fmt.Errorf("tuning %q: use vpt or vpt-shallow, not both", c.Kind)
		case (seen["vpt-shallow"] && kind == "padapter") || (seen["padapter"] && kind == "vpt-shallow"):
			return nil, fmt.Errorf("tuning %q: shallow prompts travel through the blocks, where padapter has a prompt row for each token of its own: use vpt, whose prompts it does not see", c.Kind)
		}
		seen[kind] = true
		t, err := New(part, backbone)
		if err != nil {
			return nil, err
		}
		u.parts = append(u.parts, t)
	}
	return u, nil
}

// Parameters lists the parameters of all parts.
func (u *union) Parameters() []weights.Parameter {
	var list []weights.Parameter
	for _, t := range u.parts {
		list = append(list, t.Parameters()...)
	}
	return list
}

// Input applies all parts in order.
func (u *union) Input(w weights.Nodes, x *Node) *Node {
	for _, t := range u.parts {
		x = t.Input(w, x)
	}
	return x
}

// Prompts returns the prompts of the only part that has any.
func (u *union) Prompts(w weights.Nodes, block int) *Node {
	for _, t := range u.parts {
		if p := t.Prompts(w, block); p != nil {
			return p
		}
	}
	return nil
}

// BeforeAttention applies all parts in order.
func (u *union) BeforeAttention(w weights.Nodes, block int, x *Node) *Node {
	for _, t := range u.parts {
		x = t.BeforeAttention(w, block, x)
	}
	return x
}

// AfterAttention applies all parts in order.
func (u *union) AfterAttention(w weights.Nodes, block int, in, x *Node) *Node {
	for _, t := range u.parts {
		x = t.AfterAttention(w, block, in, x)
	}
	return x
}

// MLPOutput applies all parts in order.
func (u *union) MLPOutput(w weights.Nodes, block int, m *Node) *Node {
	for _, t := range u.parts {
		m = t.MLPOutput(w, block, m)
	}
	return m
}

// AfterMLP applies all parts in order.
func (u *union) AfterMLP(w weights.Nodes, block int, in, mid, x *Node) *Node {
	for _, t := range u.parts {
		x = t.AfterMLP(w, block, in, mid, x)
	}
	return x
}

// Linear applies all parts in order.
func (u *union) Linear(w weights.Nodes, block int, layer string, x, y *Node) *Node {
	for _, t := range u.parts {
		y = t.Linear(w, block, layer, x, y)
	}
	return y
}

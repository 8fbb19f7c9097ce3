package recorded

import (
	"cmp"
	"slices"
)

// Graph is a recorded graph.
type Graph struct {
	Name       string
	Parameters []*Node // in the order of the inputs, those that no result needs too
	Results    []*Node // in the order of the outputs; a node may be several of them
}

// Live returns the parameters and the nodes that lead to a result, in the order of their recording.
func (g *Graph) Live() []*Node {
	live := slices.Clone(g.Parameters)
	seen := map[*Node]bool{}
	for _, p := range live {
		seen[p] = true
	}
	var visit func(n *Node)
	visit = func(n *Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		live = append(live, n)
		for _, in := range n.In {
			visit(in)
		}
	}
	for _, n := range g.Results {
		visit(n)
	}
	slices.SortFunc(live, func(a, b *Node) int { return cmp.Compare(a.Number, b.Number) })
	return live
}

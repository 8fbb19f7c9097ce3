package vit

import (
	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/weights"
)

// Features runs the trunk on float tubelets [B, N, t·p·p·C] and returns the pooled features [B, D]: the mean over
// tokens, layer-normalised by fc_norm.
func Features(c Config, w weights.Nodes, hooks Hooks, patches *Node) *Node {
	x := Embed(c, w, patches)
	for i := range c.Depth {
		x = Apply(c, w, hooks, i, x)
	}
	return LayerNorm(w, "fc_norm", ReduceMean(x, 1))
}

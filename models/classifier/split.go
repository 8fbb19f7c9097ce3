package classifier

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/vit"
	"padapter/models/weights"
)

// Head builds the head alone: features float32 [B, D], as Features returns them, to logits [B, classes]. Logits is Head
// after Features. Training in micro-batches needs the two apart, because the head's batch normalisation spans the whole
// batch.
func (c *Classifier) Head(scope *model.Scope, features *Node, training bool) *Node {
	return head(weights.NodesOf(scope, features), features, training)
}

// Pooled builds what a linear probe leaves frozen: frames uint8 [B, T, H, W, C] to the mean of the tokens, or the class
// token, float32 [B, D].
func (c *Classifier) Pooled(scope *model.Scope, frames *Node) *Node {
	patches := vit.Normalize(vit.Patches(c.Backbone, frames), c.Mean, c.Std)
	return vit.Pooled(c.Backbone, weights.NodesOf(scope, patches), c.Tuning, patches)
}

// FromPooled builds the rest: the final norm and the head, from [B, D] to logits [B, classes].
func (c *Classifier) FromPooled(scope *model.Scope, pooled *Node, training bool) *Node {
	return c.Head(scope, vit.FinalNorm(c.Backbone, weights.NodesOf(scope, pooled), pooled), training)
}

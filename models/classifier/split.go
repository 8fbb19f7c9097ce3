package classifier

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/models/weights"
)

// Head builds the head alone: features float32 [B, D], as Features returns them, to logits [B, classes]. Logits is Head
// after Features; training that sees a large batch in parts needs them apart, because the head's batch normalisation
// is over the whole batch.
func (c *Classifier) Head(scope *model.Scope, features *Node, training bool) *Node {
	return head(weights.NodesOf(scope, features), features, training)
}

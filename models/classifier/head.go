package classifier

import (
	. "github.com/gomlx/gomlx/core/graph"

	"padapter/models/weights"
)

// Batch normalisation of the head: ε, and the weight of a new batch in the running statistics.
const (
	batchNormEpsilon  = 1e-6
	batchNormMomentum = 0.1
)

// headParameters lists the parameters of the head: batch normalisation without affine parameters, then a linear layer
// whose kernel is initialised from N(0, 0.01²).
func headParameters(dim, classes int) []weights.Parameter {
	return []weights.Parameter{
		weights.Vector("head.0.running_mean", []int{dim}, weights.Buffer, weights.Zero),
		weights.Vector("head.0.running_var", []int{dim}, weights.Buffer, weights.One),
		weights.Kernel("head.1.weight", dim, classes, weights.Head, weights.Normal(0.01)),
		weights.Vector("head.1.bias", []int{classes}, weights.Head, weights.Zero),
	}
}

// head maps features [B, D] to logits [B, classes].
//
// In training, features are normalised by the mean and the biased variance of the batch. The running statistics move a
// tenth of the way to the batch's mean and unbiased variance, as in torch.nn.BatchNorm1d; B must be at least 2. In
// inference the running statistics are used.
func head(w weights.Nodes, x *Node, training bool) *Node {
	batch, dim := x.Shape().Dimensions[0], x.Shape().Dimensions[1]
	runningMean, runningVar := w.Variable("head.0.running_mean"), w.Variable("head.0.running_var")
	var mean, variance *Node // [1, D]
	if training {
		mean = ReduceAndKeep(x, ReduceMean, 0)
		variance = ReduceAndKeep(Square(Sub(x, mean)), ReduceMean, 0)
		unbiased := MulScalar(variance, float64(batch)/float64(batch-1))
		runningMean.SetNodeValue(towards(runningMean.NodeValue(x), Reshape(mean, dim)))
		runningVar.SetNodeValue(towards(runningVar.NodeValue(x), Reshape(unbiased, dim)))
	} else {
		mean = Reshape(runningMean.NodeValue(x), 1, dim)
		variance = Reshape(runningVar.NodeValue(x), 1, dim)
	}
	normalized := Div(Sub(x, mean), Sqrt(AddScalar(variance, batchNormEpsilon)))
	bias := w.Node("head.1.bias")
	return Add(MatMul(normalized, w.Node("head.1.weight")), Reshape(bias, 1, bias.Shape().Dimensions[0]))
}

// towards moves old towards fresh by batchNormMomentum.
func towards(old, fresh *Node) *Node {
	return Add(MulScalar(old, 1-batchNormMomentum), MulScalar(StopGradient(fresh), batchNormMomentum))
}

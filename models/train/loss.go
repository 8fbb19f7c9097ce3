package train

import "github.com/gomlx/gomlx/core/graph"

// crossEntropy returns the mean over the batch of -Σ target·log softmax(logits), a scalar. logits and targets are
// [B, classes]; each row of targets is a distribution: one-hot, or softened by label smoothing.
func crossEntropy(logits, targets *graph.Node) *graph.Node {
	targets.AssertDims(logits.Shape().Dimensions...)
	batch := logits.Shape().Dimensions[0]
	peak := graph.StopGradient(graph.ReduceAndKeep(logits, graph.ReduceMax, -1))
	shifted := graph.Sub(logits, peak)
	logSum := graph.Log(graph.ReduceAndKeep(graph.Exp(shifted), graph.ReduceSum, -1))
	return graph.DivScalar(graph.ReduceAllSum(graph.Mul(targets, graph.Sub(logSum, shifted))), batch)
}

// fillTargets writes one row of targets per label: 1 - smoothing on the label plus smoothing spread evenly over all
// classes (Szegedy et al. 2016). For mixed clips, share of the 1 - smoothing belongs to the clip's own label and the
// rest to that of its partner at the other end of the batch. targets is [len(labels), classes], flat.
func fillTargets(targets []float32, labels []int32, classes int, smoothing, share float64) {
	for i, label := range labels {
		row := targets[i*classes : (i+1)*classes]
		for c := range row {
			row[c] = float32(smoothing / float64(classes))
		}
		row[label] += float32((1 - smoothing) * share)
		row[labels[len(labels)-1-i]] += float32((1 - smoothing) * (1 - share))
	}
}

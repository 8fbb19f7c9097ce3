// Package metrics computes the numbers that evaluations report from class scores and true labels: top-k accuracy,
// per-class and mean-class accuracy, the confusion matrix, cross-entropy and calibration error.
//
// It works on float32 slices in host memory. Sums are computed in float64 in the order of the calls, so equal inputs in
// equal order give identical results.
//
// Totals must not be used concurrently. All other functions are pure.
//
// Logits are the network's unnormalised class scores, [classes]; probabilities are their softmax. The denominator of
// every rate is the number of clips added, not the size of the data set. Callers that skip unreadable clips must report
// how many.
package metrics

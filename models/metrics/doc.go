// Package metrics turns class scores and true labels into the numbers that evaluations report: top-k accuracy,
// per-class and mean-class accuracy, the confusion matrix, cross-entropy, calibration error.
//
// It is plain arithmetic over float32 slices in host memory: no graphs, no files, no batches. Sums run in float64 and
// in the order of the calls, so equal inputs in equal order give equal bits.
//
// A Tally belongs to one goroutine. Everything else is a pure function.
//
// Terms: logits are the network's unnormalised class scores, [classes]; probabilities are their softmax; the
// denominator of every rate is the number of clips added, never the size of the data set, so callers that skip
// unreadable clips must report how many they skipped.
package metrics

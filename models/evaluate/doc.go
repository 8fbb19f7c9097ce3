// Package evaluate measures a classifier on labelled clips: top-1 and top-5 accuracy, accuracy of every class, their
// mean, the confusion matrix, cross-entropy and calibration error.
//
// One video may appear as several rows with the same id and different view numbers, one after another; its views'
// scores are averaged before it is counted. A video that cannot be read is counted as unreadable and left out of the
// denominator, which every report states; nothing is ever put in its place.
//
// The package consumes Arrow clip batches through feed.Data and owns nothing: backend, network and data stay the
// caller's. Run may be called from one goroutine at a time for one network.
package evaluate

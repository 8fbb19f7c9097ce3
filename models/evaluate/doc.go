// Package evaluate measures a classifier on labelled clips: top-1 and top-5 accuracy, per-class and mean-class
// accuracy, the confusion matrix, cross-entropy and calibration error.
//
// A video may have several consecutive rows with the same id and different view numbers. The scores of its views are
// averaged. A video that cannot be read counts as unreadable and is excluded from the denominator, which every report
// states. It is never replaced.
//
// The package reads Arrow clip batches through feed.Data. Backend, network and data belong to the caller. Run must not
// be called concurrently for one network.
package evaluate

// Package report makes one HTML page of a training run and its evaluation: curves, per-class accuracy, the confusion
// matrix, the hardest mistakes with their frames, parameters, recipe and versions.
//
// The page is one file without scripts and without anything from the network: charts are inline SVG, pictures are PNG
// inside the page. The same inputs give the same bytes. Text from manifests and logs is escaped.
//
// The package reads a run's log and takes everything else from its caller; it neither trains nor evaluates.
package report

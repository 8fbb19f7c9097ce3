// Package report writes an HTML page about a training run and its evaluation: curves, per-class accuracy, the confusion
// matrix, the hardest mistakes with their frames, parameters, recipe and versions.
//
// The page is a single file without scripts or network access: charts are inline SVG, pictures are inline PNG. Equal
// inputs give equal bytes. Text from manifests and logs is escaped.
//
// The package reads the log of the run; everything else comes from the caller. It neither trains nor evaluates.
package report

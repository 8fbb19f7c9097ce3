// Package bench measures the networks of the paper: a forward pass, as labelling runs it, and a PAdapter training step.
//
// Weights and pixels are functions of the case, so that another program can build the same network, be given the same
// input and have its results compared before anything is timed: see Run.Weights and pixels, and compare.py, which does so
// with PyTorch. The package reads no data sets and measures no memory; one goroutine owns a Run.
package bench

// Package branch puts the whole of an ONNX graph into a branch that is always taken, so that ONNX Runtime plans no memory
// for it.
//
// The runtime notes down what a graph allocates in its first run and from the second run on takes one block as large as
// all of that, while the first run's memory stays with the session: twice the memory that a run needs. It leaves that out
// where not all of a graph's inputs are tensors, which holds for a branch that reads a sequence. Results are the same, and
// so is the speed.
//
// The package works on serialized models and knows of their encoding no more than it moves.
package branch

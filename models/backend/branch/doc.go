// Package branch wraps an ONNX graph in a branch that is always taken, so that ONNX Runtime runs it without memory
// pattern.
//
// With memory pattern, the runtime records the allocations of a graph's first run. From the second run on it reserves
// one block of that total size, while the memory of the first run stays with the session. A graph then holds twice the
// memory that it needs. The runtime switches memory pattern off when an input of the graph is not a tensor, and the
// branch reads a sequence. Results and speed are the same.
//
// The package edits serialized models and decodes only the parts that it moves.
package branch

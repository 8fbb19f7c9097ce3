// Package replay makes graphs lean before an engine compiles them.
//
// ONNX Runtime runs every operation of a graph, needed or not, and automatic differentiation leaves many that are not:
// the gradients of frozen weights above all, which cost as much as a forward pass and keep every activation alive. A
// backend of this package notes down the operations that a graph asks for, and when the graph is compiled hands the
// engine only those that lead to the results, in forms that it runs well:
//
//   - products over any axes become plain batched matrix products of transposed operands, which the engine fuses;
//   - broadcasts are left to the elementwise operations that consume them;
//   - moves that change nothing are dropped;
//   - optimization barriers, which the engine lacks, pass their operands on, and padding becomes concatenation.
//
// Numbers are those of the engine. Operations that the package does not know switch it off for the graph they are in.
package replay

// Package replay removes dead nodes from graphs before an engine compiles them.
//
// ONNX Runtime runs every operation of a graph, needed or not. Automatic differentiation leaves many that are not
// needed: above all the gradients of frozen weights, which cost as much as a forward pass and keep every activation
// alive. A backend of this package records the operations of a graph. When the graph is compiled, it passes only those
// that lead to a result to the engine, in forms that the engine runs well:
//
//   - products over any axes become plain batched matrix products of transposed operands, which the engine fuses;
//   - broadcasts are left to the elementwise operations that consume them;
//   - transpositions and reshapes that change nothing are dropped;
//   - optimization barriers, which the engine lacks, pass their operands on, and padding becomes concatenation.
//
// Results are those of the engine. A graph with an operation that the package does not know is compiled unchanged.
package replay

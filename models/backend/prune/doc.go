// Package prune has an engine compile the live nodes of a graph only.
//
// ONNX Runtime runs every operation of a graph, needed or not. A backend of this package records graphs and repeats the
// nodes that lead to a result in the engine, in forms that it runs well:
//
//   - products over any axes become plain batched matrix products of transposed operands, which the engine fuses;
//   - broadcasts are left to the elementwise operations that consume them;
//   - transpositions and reshapes that change nothing are dropped.
//
// Results are those of the engine. Operations that package recorded does not know are refused.
package prune

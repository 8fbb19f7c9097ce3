// Package recorded records the graphs that GoMLX builds, for engines that compile them in a form of their own.
//
// A Builder records operations as nodes, whose shapes it infers. When the graph is compiled, it hands the graph over;
// the engine then asks for the nodes that lead to a result. Automatic differentiation leaves many that do not: above all
// the gradients of frozen weights, which cost as much as a forward pass.
//
// An engine either writes nodes in its own language or repeats them in another engine's function, with Node.Again.
package recorded

// Package weights says what a network's parameters are before there is a graph: name, shape, start value, role. From
// that list a model store is filled, files are read and written, and parameters are counted.
//
// Names are the dotted names of the PyTorch world ("blocks.0.attn.q_proj.weight"). In a store the dots are slashes.
// A linear layer's kernel lies in memory as [in, out], which is what a matrix product wants, and in files as
// [out, in], which is what every published checkpoint has; a tubelet kernel lies in memory as [t, p, p, C, D] and in
// files as [D, C, t, p, p]. Parameter.Axes holds that difference, and nothing else in the program knows of it.
//
// Start values are drawn in Go from (seed, name), so they do not depend on the backend or on other parameters.
package weights

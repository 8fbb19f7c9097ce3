// Package weights describes a network's parameters before there is a graph: name, shape, initializer and role. The list
// fills a model store, maps files to memory, and counts parameters.
//
// Names are the dotted names of PyTorch ("blocks.0.attn.q_proj.weight"). In a store the dots become slashes. The kernel
// of a linear layer is [in, out] in memory, as a matrix product needs it, and [out, in] in files, as published
// checkpoints have it. A tubelet kernel is [t, p, p, C, D] in memory and [D, C, t, p, p] in files. Only Parameter.Axes
// knows about this difference.
//
// Initial values depend on (seed, name) only, not on the backend or on other parameters.
package weights

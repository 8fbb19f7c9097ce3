// Package miniature writes small copies of public datasets in the layouts in which they are published: their folders,
// file names, quoting and nesting, and the traps that the full ones hold. Tests build manifests of them.
//
// Without a Media function the clips and images are a few bytes that no decoder takes; with one they are what it makes.
package miniature

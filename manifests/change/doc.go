// Package change derives manifests from manifests: subsets, new splits, unions and differences.
//
// All functions are pure. They do not modify their arguments and open no files. Equal arguments and seeds give equal
// results. Results may share strings and maps with the arguments, so neither may be modified in place afterwards.
// Outcomes do not depend on the order of the records, but keep it.
package change

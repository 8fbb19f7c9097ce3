// Package manifest has what the manifest commands do with whole manifests: build one from a dataset, change, compare,
// count and check them. Every function reads and writes manifests by name, on this machine or on an object store, and
// returns a summary that can be printed as text or as JSON.
package manifest

// Package manifests describes the items to process: one Record for each clip or image, and a Manifest that holds them
// with the dataset's name and classes. It reads and writes manifests as Parquet, CSV and JSON Lines
// (docs/reference/formats/manifest.md).
//
// The package neither opens videos nor knows models. A Manifest is safe for concurrent reads.
package manifests

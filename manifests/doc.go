// Package manifests describes what there is to process: one Record for each clip or image, and the Manifest that holds
// them with the dataset's name and classes. It reads and writes manifests as Parquet, CSV and JSON Lines
// (docs/reference/formats/manifest.md).
//
// The package opens no videos and knows no models. Manifests are plain values; a Manifest may be read from several
// goroutines as long as nobody changes it.
package manifests

package ingest

import "padapter/manifests"

// Result is a manifest and what was seen beside it.
type Result struct {
	Manifest *manifests.Manifest
	Skipped  []Skipped // files that are no records, sorted by path
}

// Skipped is a file that is no record.
type Skipped struct {
	Path   string // relative to the root
	Reason string
}

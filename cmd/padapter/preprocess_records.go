package main

import (
	"padapter/manifests"
	"padapter/pipeline"
	"padapter/sampler"
)

// openRecords takes the records of a manifest, or of one of its splits, or windows over these, without holding them in
// memory.
func openRecords(path, split string, windows sampler.Sliding) (*manifests.Spool, error) {
	in, err := manifests.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	parts := manifests.OfSplit(in.Parts(), split)
	if windows.Length != 0 {
		parts = pipeline.Windows(in.Head(), parts, windows)
	}
	return manifests.NewSpool(in.Head(), parts)
}

package inputs

import (
	"padapter/manifests"
	"padapter/pipeline"
	"padapter/sampler"
)

// Spool takes the records of a manifest, or of one of its splits, without holding them in memory. windows, of a length
// above 0, cuts long videos into records. The spool is the caller's to close.
func Spool(path, split string, windows *sampler.Sliding) (*manifests.Spool, error) {
	in, err := manifests.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	parts := manifests.OfSplit(in.Parts(), split)
	if windows != nil {
		parts = pipeline.WindowRecords(in.Head(), parts, *windows)
	}
	return manifests.NewSpool(in.Head(), parts)
}

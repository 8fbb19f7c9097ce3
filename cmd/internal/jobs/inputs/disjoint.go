package inputs

import (
	"path/filepath"

	"padapter/cmd/internal/jobs"
	"padapter/manifests"
)

// Disjoint is an error when a clip of b is one of a's: the same part of the same file.
func Disjoint(a, b *manifests.Manifest) error {
	if a == nil || b == nil {
		return nil // shards, which do not say where their clips came from
	}
	type part struct {
		path       string
		start, end float64
	}
	key := func(man *manifests.Manifest, r *manifests.Record) part {
		if filepath.IsAbs(r.URI) {
			return part{r.URI, r.StartSeconds, r.EndSeconds}
		}
		return part{filepath.Join(man.Root, r.URI), r.StartSeconds, r.EndSeconds}
	}
	held := make(map[part]bool, len(a.Records))
	for i := range a.Records {
		held[key(a, &a.Records[i])] = true
	}
	common, first := 0, ""
	for i := range b.Records {
		if held[key(b, &b.Records[i])] {
			if common == 0 {
				first = b.Records[i].ID
			}
			common++
		}
	}
	if common > 0 {
		return jobs.Usagef("%d clips are in the training data and in the data to measure with, %s among them: give other clips, or name splits (--train-split, --val-split)", common, first)
	}
	return nil
}

package inspect

import (
	"context"
	"fmt"

	"padapter/cmd/internal/jobs"
	"padapter/manifests"
	"padapter/pipeline/shard"
)

// media looks into a folder of encoded records.
func media(ctx context.Context, path string, opt Options) (*Inspection, error) {
	if opt.Sheet != "" {
		return nil, jobs.Usagef("--sheet: %s holds encoded records, of which clips are still to be chosen", path)
	}
	set, err := shard.OpenMedia(path)
	if err != nil {
		return nil, err
	}
	index := set.Index()
	result := &Inspection{Path: path, Index: &index, Shape: index.Job.Content, Classes: len(index.Job.Classes), Version: index.Job.Version,
		Columns: []string{}, Rows: []Row{}}
	if opt.Verify {
		if err := set.Verify(ctx); err != nil {
			return nil, err
		}
		result.Verified = true
	}
	skip := opt.Skip
	for i := range set.Manifest().Records {
		r := &set.Manifest().Records[i]
		if opt.Failed && r.Status == manifests.Found {
			continue
		}
		if len(result.Rows) == opt.Rows {
			break
		}
		if skip > 0 {
			skip--
			continue
		}
		row := Row{ID: r.ID, Error: r.Reason}
		if r.Label != manifests.NoLabel {
			row.Label, row.Class = &r.Label, r.LabelName
		}
		if row.Frames, row.Seconds, err = set.Times(r); err != nil {
			return nil, fmt.Errorf("inspect record %s: %w", r.ID, err)
		}
		result.Rows = append(result.Rows, row)
	}
	return result, nil
}

package main

import (
	"context"
	"fmt"

	"padapter/cmd/internal/ui"
	"padapter/manifests"
	"padapter/pipeline/shard"
)

// inspectMedia looks into a folder of encoded records.
func inspectMedia(ctx context.Context, path string, opt inspectOptions) error {
	if opt.sheet != "" {
		return usageErrorf("--sheet: %s holds encoded records, of which clips are still to be chosen", path)
	}
	set, err := shard.OpenMedia(path)
	if err != nil {
		return err
	}
	index := set.Index()
	result := inspection{Path: path, Index: &index, Shape: index.Job.Content, Classes: len(index.Job.Classes), Version: index.Job.Version,
		Columns: []string{}, Rows: []inspectedRow{}}
	if opt.verify {
		if err := set.Verify(ctx); err != nil {
			return err
		}
		result.Verified = true
	}
	skip := opt.skip
	for i := range set.Manifest().Records {
		r := &set.Manifest().Records[i]
		if opt.failed && r.Status == manifests.Found {
			continue
		}
		if len(result.Rows) == opt.rows {
			break
		}
		if skip > 0 {
			skip--
			continue
		}
		row := inspectedRow{ID: r.ID, Error: r.Reason}
		if r.Label != manifests.NoLabel {
			row.Label, row.Class = &r.Label, r.LabelName
		}
		if row.Frames, row.Seconds, err = set.Times(r); err != nil {
			return fmt.Errorf("inspect record %s: %w", r.ID, err)
		}
		result.Rows = append(result.Rows, row)
	}
	return ui.From(ctx).Result(result, result.text)
}

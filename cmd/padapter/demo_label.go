package main

import (
	"context"
	"fmt"

	"padapter/models/label"
)

// demoLabels is the outcome of labelling the unseen clips.
type demoLabels struct {
	Input   string `json:"input"`
	Out     string `json:"out"`
	Rows    int    `json:"rows"`
	Correct int    `json:"correct"` // rows whose best label is the class that was drawn
}

// label is 'padapter label' on a folder of clips that no run has seen.
func (d *demo) label(ctx context.Context, report *demoReport) error {
	input, out := d.path("unseen"), d.path("labels.parquet")
	truth, err := d.target.writeUnseen(ctx, input, d.unseen)
	if err != nil {
		return err
	}
	err = runLabel(silently(ctx), labelOptions{
		checkpoint: report.padapter().Checkpoint, input: input, out: out, backend: d.backend, views: 1, crops: 1,
		restart: true, // the checkpoint may be another one by now
	})
	if err != nil {
		return fmt.Errorf("label unseen clips: %w", err)
	}
	best, err := readBestLabels(ctx, out)
	if err != nil {
		return err
	}
	report.Labels = demoLabels{Input: input, Out: out, Rows: len(best)}
	for id, name := range best {
		if truth[id] == name {
			report.Labels.Correct++
		}
	}
	return nil
}

// readBestLabels reads the first label of every row of a label file in Parquet, by id.
func readBestLabels(ctx context.Context, path string) (best map[string]string, err error) {
	rows, _, err := label.ReadParquet(ctx, path)
	if err != nil {
		return nil, err
	}
	best = make(map[string]string, len(rows))
	for _, row := range rows {
		if best[row.ID] = ""; row.Error == "" {
			best[row.ID] = row.Names[0]
		}
	}
	return best, nil
}

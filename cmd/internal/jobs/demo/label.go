package demo

import (
	"context"
	"fmt"

	labelling "padapter/cmd/internal/jobs/label"
	"padapter/models/label"
)

// Labels is the outcome of labelling the unseen clips.
type Labels struct {
	Input   string `json:"input"`
	Out     string `json:"out"`
	Rows    int    `json:"rows"`
	Correct int    `json:"correct"` // rows whose best label is the class that was drawn
}

// label labels a folder of clips that no run has seen.
func (d *demo) label(ctx context.Context, report *Report) error {
	input, out := d.path("unseen"), d.path("labels.parquet")
	truth, err := d.target.WriteUnseen(ctx, input, d.unseen)
	if err != nil {
		return err
	}
	_, err = labelling.Run(ctx, labelling.Options{
		Checkpoint: report.padapter().Checkpoint, Input: input, Outputs: []string{out}, Backend: d.Backend, Views: 1, Crops: 1,
		Restart: true, // the checkpoint may be another one by now
		Version: d.Version,
	})
	if err != nil {
		return fmt.Errorf("label unseen clips: %w", err)
	}
	best, err := BestLabels(ctx, out)
	if err != nil {
		return err
	}
	report.Labels = Labels{Input: input, Out: out, Rows: len(best)}
	for id, name := range best {
		if truth[id] == name {
			report.Labels.Correct++
		}
	}
	return nil
}

// BestLabels reads the first label of every row of a label file in Parquet, by id; it is empty for rows that failed.
func BestLabels(ctx context.Context, path string) (best map[string]string, err error) {
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

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet/file"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
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
		checkpoint: report.padapter().Checkpoint, input: input, out: out, backend: d.backend, temperature: 1, views: 1, crops: 1,
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
	fail := func(err error) (map[string]string, error) { return nil, fmt.Errorf("read labels %s: %w", path, err) }
	f, err := os.Open(path)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	reader, err := file.NewParquetReader(f)
	if err != nil {
		return fail(err)
	}
	columns, err := pqarrow.NewFileReader(reader, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		return fail(err)
	}
	table, err := columns.ReadTable(ctx)
	if err != nil {
		return fail(err)
	}
	defer table.Release()
	rows := array.NewTableReader(table, 0)
	defer rows.Release()
	best = make(map[string]string, table.NumRows())
	for rows.Next() {
		record := rows.Record()
		id, idOK := record.Column(record.Schema().FieldIndices("id")[0]).(*array.String)
		lists, listOK := record.Column(record.Schema().FieldIndices("label_names")[0]).(*array.List)
		if !idOK || !listOK {
			return fail(errors.New("the columns id and label_names are not what docs/formats/labels.md says"))
		}
		names, ok := lists.ListValues().(*array.String)
		if !ok {
			return fail(errors.New("label_names holds no strings"))
		}
		for i := range id.Len() {
			best[id.Value(i)] = ""
			if from, to := lists.ValueOffsets(i); lists.IsValid(i) && from < to {
				best[id.Value(i)] = names.Value(int(from))
			}
		}
	}
	return best, rows.Err()
}

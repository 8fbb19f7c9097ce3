package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
	"padapter/manifests"
)

// changeOutput is where a command that makes a manifest from others writes it.
type changeOutput struct{ path string }

// AddFlags adds them to a command.
func (o *changeOutput) AddFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.path, "out", "", "manifest to write: .parquet, .csv or .jsonl (required)")
	require(cmd, "out")
}

// Check rejects names that no manifest can have.
func (o *changeOutput) Check() error {
	if !manifests.IsManifest(o.path) {
		return usageErrorf("--out %s: the name must end in .parquet, .csv or .jsonl", o.path)
	}
	return nil
}

// changeReport says what was written.
type changeReport struct {
	Out     string         `json:"out"`
	Records int            `json:"records"`
	Of      int            `json:"of"` // records read
	Classes int            `json:"classes"`
	Splits  map[string]int `json:"splits"`
}

// write writes m, which was made from of records.
func (o *changeOutput) write(ctx context.Context, m *manifests.Manifest, of int) error {
	m.Tool = toolName()
	if err := m.WriteFile(o.path); err != nil {
		return err
	}
	r := changeReport{Out: o.path, Of: of, Classes: len(m.Classes), Splits: map[string]int{}}
	r.count(m.Records)
	return ui.From(ctx).Result(r, r.text)
}

// writeParts writes a manifest that comes part by part. of is how many records it was made from, once all have come.
func (o *changeOutput) writeParts(ctx context.Context, head *manifests.Manifest, parts manifests.Parts, of *int) error {
	head.Tool = toolName()
	r := changeReport{Out: o.path, Classes: len(head.Classes), Splits: map[string]int{}}
	if err := manifests.WriteParts(o.path, head, counted(parts, r.count)); err != nil {
		return err
	}
	r.Of = *of
	return ui.From(ctx).Result(r, r.text)
}

func (r *changeReport) count(records []manifests.Record) {
	r.Records += len(records)
	for i := range records {
		r.Splits[records[i].Split]++
	}
}

// counted shows every part to count before it goes on.
func counted(parts manifests.Parts, count func(part []manifests.Record)) manifests.Parts {
	return func(yield func([]manifests.Record, error) bool) {
		for part, err := range parts {
			if err == nil {
				count(part)
			}
			if !yield(part, err) {
				return
			}
		}
	}
}

func (r changeReport) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d of %d records, %d classes\n", r.Out, r.Records, r.Of, r.Classes)
	for _, split := range sortedKeys(r.Splits) {
		if name := split; name != "" {
			fmt.Fprintf(&out, "  split %s: %d\n", name, r.Splits[split])
		} else if len(r.Splits) > 1 {
			fmt.Fprintf(&out, "  no split: %d\n", r.Splits[split])
		}
	}
	return out.String()
}

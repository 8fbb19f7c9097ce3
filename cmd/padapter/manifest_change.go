package main

import (
	"context"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/manifest"
	"padapter/cmd/internal/ui"
)

// changeOutput binds --out of a command that makes a manifest from others.
func changeOutput(cmd *cobra.Command) *manifest.Output {
	out := &manifest.Output{Tool: toolName()}
	cmd.Flags().StringVar(&out.Path, "out", "", "manifest to write: .parquet, .csv or .jsonl (required)")
	require(cmd, "out")
	return out
}

// changed prints what a change wrote.
func changed(ctx context.Context, report *manifest.ChangeReport, err error) error {
	if err != nil {
		return err
	}
	return ui.From(ctx).Result(report, report.Text)
}

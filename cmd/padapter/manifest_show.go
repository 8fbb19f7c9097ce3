package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/manifest"
	"padapter/cmd/internal/ui"
)

func newManifestShowCommand() *cobra.Command {
	var first int
	cmd := &cobra.Command{
		Use:     "show MANIFEST",
		Short:   "Print a manifest's first records",
		Example: `  padapter manifest show train.parquet --first 20`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if first < 0 {
				return usageErrorf("--first %d: it must be at least 0", first)
			}
			shown, err := manifest.Show(args[0], first)
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(shown.Records, shown.Text)
		},
	}
	cmd.Flags().IntVarP(&first, "first", "n", 10, "how many records")
	return cmd
}

func newManifestStatsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "stats MANIFEST",
		Short:   "Count a manifest's records by state, kind, split and class",
		Example: `  padapter manifest stats train.parquet`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			stats, err := manifest.Count(args[0])
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(stats, stats.Text)
		},
	}
}

func newManifestConvertCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "convert FROM TO",
		Short:   "Write a manifest in another form: .parquet, .csv or .jsonl",
		Example: `  padapter manifest convert train.parquet train.csv`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			records, err := manifest.Convert(args[0], args[1])
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(map[string]any{"out": args[1], "records": records}, func() string {
				return fmt.Sprintf("%s: %d records", args[1], records)
			})
		},
	}
}

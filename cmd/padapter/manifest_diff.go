package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/manifest"
	"padapter/cmd/internal/ui"
)

func newManifestDiffCommand() *cobra.Command {
	var most int
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "What differs between two manifests, by record id",
		Long: `Lists records that were added (+), removed (-) or changed (~), and what differs in the headers. Exit code 0 means
the manifests are the same, 1 that they differ, as with diff(1). With --json all differences are listed.`,
		Example: `  padapter manifest diff before.parquet after.parquet`,
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if most < 0 {
				return usageErrorf("--first %d: it must be at least 0", most)
			}
			d, err := manifest.Diff(args[0], args[1])
			if err != nil {
				return err
			}
			if err := ui.From(cmd.Context()).Result(d, func() string { return d.Text(most) }); err != nil {
				return err
			}
			if !d.Empty() {
				return fmt.Errorf("%s and %s differ: %d records added, %d removed, %d changed", args[0], args[1], len(d.Added), len(d.Removed), len(d.Changed))
			}
			return nil
		},
	}
	cmd.Flags().IntVarP(&most, "first", "n", 20, "how many records of each sort to print")
	return cmd
}

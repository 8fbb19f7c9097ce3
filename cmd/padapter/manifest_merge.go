package main

import (
	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/manifest"
	"padapter/manifests/change"
)

func newManifestMergeCommand() *cobra.Command {
	var out *manifest.Output
	var merge change.MergeOptions
	cmd := &cobra.Command{
		Use:   "merge MANIFEST... --out FILE",
		Short: "Make one manifest of several",
		Long: `Puts the records of several manifests behind one another. Classes are matched by name and labels numbered anew.
Ids that several manifests have are refused, unless --prefix puts the dataset's name in front of every id. Where the
manifests' roots differ, the new root is the deepest folder that holds them all.`,
		Example: `  padapter manifest merge train.parquet val.parquet --out all.parquet
  padapter manifest merge hmdb51.parquet ucf101.parquet --prefix --dataset both --out both.parquet`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := manifest.Merge(args, merge, *out)
			return changed(cmd.Context(), report, err)
		},
	}
	out = changeOutput(cmd)
	f := cmd.Flags()
	f.StringVar(&merge.Dataset, "dataset", "", "name of the whole (default: the names joined by '+')")
	f.BoolVar(&merge.Prefix, "prefix", false, "put the dataset's name in front of every id")
	return cmd
}

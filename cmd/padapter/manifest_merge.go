package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"padapter/manifests"
	"padapter/manifests/change"
)

func newManifestMergeCommand() *cobra.Command {
	var opt changeOutput
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
			if err := opt.Check(); err != nil {
				return err
			}
			boundMemory(args...)
			var all []*manifests.Manifest
			of := 0
			for _, path := range args {
				m, err := manifests.ReadFile(path)
				if err != nil {
					return err
				}
				all = append(all, m)
				of += len(m.Records)
			}
			m, err := change.Merge(all, merge)
			if err != nil {
				return fmt.Errorf("%w (manifests are numbered as they were given)", err)
			}
			return opt.write(cmd.Context(), m, of)
		},
	}
	opt.AddFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&merge.Dataset, "dataset", "", "name of the whole (default: the names joined by '+')")
	f.BoolVar(&merge.Prefix, "prefix", false, "put the dataset's name in front of every id")
	return cmd
}

package main

import (
	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/manifest"
	"padapter/manifests/change"
)

func newManifestSampleCommand() *cobra.Command {
	var out *manifest.Output
	var sample change.SampleOptions
	cmd := &cobra.Command{
		Use:   "sample MANIFEST (-n N | --fraction F) --out FILE",
		Short: "Keep some records at random",
		Long: `Keeps a number or a share of the records, of all or of each class. Whether a record is taken depends on the seed
and its id, not on the order of the records; a larger sample of the same seed holds the smaller one.`,
		Example: `  padapter manifest sample train.parquet -n 1000 --out small.parquet
  padapter manifest sample train.parquet --fraction 0.1 --per-class --seed 7 --out tenth.parquet`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := manifest.Sample(args[0], sample, *out)
			return changed(cmd.Context(), report, err)
		},
	}
	out = changeOutput(cmd)
	f := cmd.Flags()
	f.IntVarP(&sample.N, "number", "n", 0, "records to keep")
	f.Float64Var(&sample.Fraction, "fraction", 0, "share of the records to keep, up to 1")
	f.BoolVar(&sample.PerClass, "per-class", false, "of each class, not of all records")
	f.Uint64Var(&sample.Seed, "seed", 0, "of the choice")
	return cmd
}

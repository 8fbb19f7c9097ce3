package main

import (
	"context"

	"github.com/spf13/cobra"

	"padapter/ingest"
)

func newBuildSSv2Command() *cobra.Command {
	var opt buildOptions
	var annotations, extension string
	cmd := &cobra.Command{
		Use:     "ssv2",
		Short:   "Something-Something V2: clips and the JSON annotations of either publisher",
		Example: `  padapter manifest build ssv2 --root ssv2 --annotations ssv2/labels --out ssv2.parquet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.SSv2(ctx, ingest.SSv2Options{Root: opt.root, Annotations: annotations, Extension: extension, Dataset: opt.named("ssv2"), Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	cmd.Flags().StringVar(&annotations, "annotations", "", "folder with labels.json, train.json, validation.json, test.json, test-answers.csv, or the first publisher's names")
	cmd.Flags().StringVar(&extension, "extension", ".webm", "ending of the clips' names")
	require(cmd, "root", "annotations")
	return cmd
}

func newBuildHMDB51Command() *cobra.Command {
	var opt buildOptions
	var splits string
	var split int
	cmd := &cobra.Command{
		Use:     "hmdb51",
		Short:   "HMDB-51, or what is laid out like it: ROOT/CLASS/FILE and split lists",
		Example: `  padapter manifest build hmdb51 --root hmdb51_org --splits testTrainMulti_7030_splits --split 1 --out hmdb51-1.parquet`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return opt.build(cmd, func(ctx context.Context) (*ingest.Result, error) {
				return ingest.HMDB51(ctx, ingest.HMDB51Options{Root: opt.root, Splits: splits, Split: split, Dataset: opt.dataset, Tool: toolName()})
			})
		},
	}
	opt.AddFlags(cmd)
	cmd.Flags().StringVar(&splits, "splits", "", "folder with the lists CLASS_test_splitN.txt")
	cmd.Flags().IntVar(&split, "split", 1, "which of the splits: 1, 2 or 3")
	require(cmd, "root", "splits")
	return cmd
}

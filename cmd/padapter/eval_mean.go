package main

import (
	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
	"padapter/models/evaluate"
)

func newEvalMeanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "mean REPORT.json…",
		Short: "Mean accuracy over the splits of a data set",
		Long: `Reads the reports that 'padapter eval --out' wrote for the splits of one data set and prints each, their mean and
their standard deviation, as HMDB-51 and UCF-101 are reported.`,
		Example: `  padapter eval mean split1.json split2.json split3.json`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			mean, err := evaluate.MeanOf(args)
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(mean, mean.Table)
		},
	}
}

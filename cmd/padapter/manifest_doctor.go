package main

import (
	"errors"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/manifest"
	"padapter/cmd/internal/ui"
)

func newManifestDoctorCommand() *cobra.Command {
	var recipeName string
	cmd := &cobra.Command{
		Use:   "doctor MANIFEST",
		Short: "Find what is wrong or doubtful with a manifest",
		Long: `Checks labels (numbered from 1? names and numbers in agreement?), classes without clips, the balance of classes, the
same clip in several records or on both sides of a split, groups torn apart by a split, times outside of the files, and
the numbers that the dataset's publishers give. With --recipe also clips too short or too small for it.

Contents, times, lengths and sizes are checked for records that 'padapter manifest probe' has looked into.

Exit code 1 means errors were found; with warnings only it is 0.`,
		Example: `  padapter manifest doctor ucf101.parquet
  padapter manifest doctor train.parquet --recipe ssv2-padapter --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := manifest.Doctor(args[0], recipeName)
			if err != nil {
				return err
			}
			return errors.Join(ui.From(cmd.Context()).Result(found, found.Text), found.Err())
		},
	}
	cmd.Flags().StringVar(&recipeName, "recipe", "", "recipe whose clips are to be made: a built-in name or a YAML file")
	return cmd
}

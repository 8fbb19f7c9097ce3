package main

import (
	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/doctor"
	"padapter/cmd/internal/ui"
)

func newDoctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "What this machine offers: FFmpeg and codecs, compute backends, cores, memory",
		Example: `  padapter doctor
  padapter doctor --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := doctor.Run(versionString())
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(report, report.Text)
		},
	}
}

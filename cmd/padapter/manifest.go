package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
)

func newManifestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Build, check and change manifests: the lists of what there is to process",
		RunE:  needsSubcommand,
		Args:  cobra.ArbitraryArgs,
	}
	cmd.AddCommand(newManifestBuildCommand(), newManifestShowCommand(), newManifestStatsCommand(), newManifestConvertCommand(),
		newManifestFilterCommand(), newManifestSplitCommand(), newManifestMergeCommand(), newManifestSampleCommand(), newManifestDiffCommand(),
		newManifestProbeCommand(), newManifestDoctorCommand())
	return cmd
}

// needsSubcommand is what a command that only groups others does.
func needsSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageErrorf("unknown command %q for %q", args[0], cmd.CommandPath())
	}
	return jobs.UsageError{Err: fmt.Errorf("%q needs a subcommand: see '%s --help'", cmd.CommandPath(), cmd.CommandPath())}
}

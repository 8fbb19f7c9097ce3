package main

import "github.com/spf13/cobra"

func newBenchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Throughput on this machine, results checked before they are timed",
		RunE:  needsSubcommand,
		Args:  cobra.ArbitraryArgs,
	}
	cmd.AddCommand(newBenchDecodeCommand(), newBenchModelCommand())
	return cmd
}

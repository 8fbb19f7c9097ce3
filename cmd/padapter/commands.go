package main

import "github.com/spf13/cobra"

// commands lists every command of the program, in the order of its help.
func commands() []*cobra.Command {
	return []*cobra.Command{
		newManifestCommand(),
		newPreprocessCommand(),
		newInspectCommand(),
		newRecipeCommand(),
		newTrainCommand(),
		newEvalCommand(),
		newCompareCommand(),
		newReportCommand(),
		newLabelCommand(),
		newWorkerCommand(),
		newAdapterCommand(),
		newExportCommand(),
		newFramesCommand(),
		newBenchCommand(),
		newDoctorCommand(),
		newDemoCommand(),
		newVersionCommand(),
	}
}

package main

import (
	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/export"
	"padapter/cmd/internal/ui"
)

func newExportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write a checkpoint in a form that other programs run",
		RunE:  needsSubcommand,
		Args:  cobra.ArbitraryArgs,
	}
	cmd.AddCommand(newExportONNXCommand(), newExportBackboneCommand())
	return cmd
}

func newExportONNXCommand() *cobra.Command {
	var dir, backbone, out string
	cmd := &cobra.Command{
		Use:   "onnx --checkpoint DIR --out FILE",
		Short: "One ONNX file: backbone, adapter and head, any batch size",
		Long: `The file takes "frames", uint8 [batch, T, H, W, 3] RGB as 'padapter preprocess' makes them, and gives "logits",
float32 [batch, classes]. Scaling and normalisation are part of it. Its metadata hold the class names
(padapter.classes) and the recipe (padapter.recipe) as JSON. Needs ONNX Runtime; see 'padapter doctor'.`,
		Example: `  padapter export onnx --checkpoint run1 --out actions.onnx`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			done, err := export.ONNX(dir, backbone, out)
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(done, done.Text)
		},
	}
	cmd.Flags().StringVar(&dir, "checkpoint", "", "checkpoint folder, or the output folder of 'padapter train' (required)")
	cmd.Flags().StringVar(&backbone, "backbone", "", "checkpoint folder or file with the backbone, when the checkpoint holds the adapter alone")
	cmd.Flags().StringVar(&out, "out", "", "file to write (required)")
	require(cmd, "checkpoint", "out")
	return cmd
}

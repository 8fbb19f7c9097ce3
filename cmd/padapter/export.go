package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/networks"
	"padapter/cmd/internal/ui"
	"padapter/manifests/storage"
	"padapter/models/checkpoint"
	"padapter/models/export"
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

// exported is what an export wrote.
type exported struct {
	File    string `json:"file"`
	Input   string `json:"input"`
	Output  string `json:"output"`
	Classes int    `json:"classes"`
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
			dir = networks.BestOf(dir)
			if backbone == "" {
				backbone = dir
			}
			m, err := checkpoint.LoadAdapter(dir, networks.BestOf(backbone))
			if err != nil {
				return err
			}
			defer m.Store.Finalize()
			if err := storage.Write(out, func(w io.Writer) error {
				return export.ONNX(w, m.Classifier, m.Store, m.Config.Recipe, m.Config.Classes)
			}); err != nil {
				return err
			}
			done := exported{File: out, Input: export.InputName, Output: export.OutputName, Classes: len(m.Config.Classes)}
			return ui.From(cmd.Context()).Result(done, func() string {
				return fmt.Sprintf("%s: %s uint8 [batch, %d, %d, %d, 3] to %s [batch, %d]\n", out, done.Input, m.Classifier.Trunk.Frames,
					m.Classifier.Trunk.Height, m.Classifier.Trunk.Width, done.Output, done.Classes)
			})
		},
	}
	cmd.Flags().StringVar(&dir, "checkpoint", "", "checkpoint folder, or the output folder of 'padapter train' (required)")
	cmd.Flags().StringVar(&backbone, "backbone", "", "checkpoint folder or file with the backbone, when the checkpoint holds the adapter alone")
	cmd.Flags().StringVar(&out, "out", "", "file to write (required)")
	for _, name := range []string{"checkpoint", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

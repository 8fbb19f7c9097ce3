package main

import (
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/export"
	"padapter/cmd/internal/ui"
)

func newExportBackboneCommand() *cobra.Command {
	names := strings.Join(export.LayoutNames(), ", ")
	var dir, name, out string
	var legacy bool
	cmd := &cobra.Command{
		Use:   "backbone --checkpoint DIR --layout NAME --out FILE",
		Short: "The backbone's weights alone, under the names of a published layout",
		Long: `Writes a file that programs which know the layout read, and that --backbone reads back: the backbone without adapter and
head. Layouts: ` + names + `. By the extension of --out it is a safetensors file, or with
.pth, .pt and .bin one of PyTorch's, with the tensors under "model".`,
		Example: `  padapter export backbone --checkpoint source --layout huggingface --out source-hf.safetensors
  padapter export backbone --checkpoint source --layout videomae --out source.pth`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			done, err := export.Backbone(dir, name, out, legacy)
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(done, done.Text)
		},
	}
	cmd.Flags().StringVar(&dir, "checkpoint", "", "checkpoint folder, or the output folder of 'padapter train' (required)")
	cmd.Flags().StringVar(&name, "layout", "", "one of "+names+" (required)")
	cmd.Flags().StringVar(&out, "out", "", "file to write (required)")
	cmd.Flags().BoolVar(&legacy, "legacy", false, "write PyTorch's file in the form that versions before 1.6 read")
	require(cmd, "checkpoint", "layout", "out")
	return cmd
}

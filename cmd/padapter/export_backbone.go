package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
	"padapter/manifests/wholefile"
	"padapter/models/checkpoint"
	"padapter/models/checkpoint/layout"
	"padapter/models/checkpoint/safetensors"
)

func newExportBackboneCommand() *cobra.Command {
	var names []string
	for _, l := range layout.Layouts {
		names = append(names, l.Name)
	}
	var dir, name, out string
	cmd := &cobra.Command{
		Use:   "backbone --checkpoint DIR --layout NAME --out FILE",
		Short: "The trunk's weights alone, under the names of a published layout",
		Long: `Writes a safetensors file that programs which know the layout read, and that --backbone reads back: the trunk without
adapter and head. Layouts: ` + strings.Join(names, ", ") + `.`,
		Example: `  padapter export backbone --checkpoint source --layout huggingface --out source-hf.safetensors`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := checkpoint.Load(bestOf(dir))
			if err != nil {
				return err
			}
			defer m.Store.Finalize()
			tensors, err := layout.Export(name, m.Classifier.Trunk, m.Store)
			if err != nil {
				return usageErrorf("%v", err)
			}
			if err := wholefile.Write(out, func(w io.Writer) error { return safetensors.Write(w, tensors, nil) }); err != nil {
				return err
			}
			result := map[string]any{"file": out, "layout": name, "tensors": len(tensors)}
			return ui.From(cmd.Context()).Result(result, func() string {
				return fmt.Sprintf("%s: %d tensors, layout %s\n", out, len(tensors), name)
			})
		},
	}
	cmd.Flags().StringVar(&dir, "checkpoint", "", "checkpoint folder, or the output folder of 'padapter train' (required)")
	cmd.Flags().StringVar(&name, "layout", "", "one of "+strings.Join(names, ", ")+" (required)")
	cmd.Flags().StringVar(&out, "out", "", "file to write (required)")
	for _, required := range []string{"checkpoint", "layout", "out"} {
		_ = cmd.MarkFlagRequired(required) // the flag exists
	}
	return cmd
}

package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/networks"
	"padapter/cmd/internal/ui"
	"padapter/manifests/storage"
	"padapter/models/checkpoint"
	"padapter/models/checkpoint/layout"
	"padapter/models/checkpoint/pth"
	"padapter/models/checkpoint/safetensors"
)

func newExportBackboneCommand() *cobra.Command {
	var names []string
	for _, l := range layout.Layouts {
		names = append(names, l.Name)
	}
	var dir, name, out string
	var legacy bool
	cmd := &cobra.Command{
		Use:   "backbone --checkpoint DIR --layout NAME --out FILE",
		Short: "The trunk's weights alone, under the names of a published layout",
		Long: `Writes a file that programs which know the layout read, and that --backbone reads back: the trunk without adapter and
head. Layouts: ` + strings.Join(names, ", ") + `. By the extension of --out it is a safetensors file, or with
.pth, .pt and .bin one of PyTorch's, with the tensors under "model".`,
		Example: `  padapter export backbone --checkpoint source --layout huggingface --out source-hf.safetensors
  padapter export backbone --checkpoint source --layout videomae --out source.pth`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			write, err := weightsWriter(out, legacy)
			if err != nil {
				return err
			}
			m, err := checkpoint.Load(networks.BestOf(dir))
			if err != nil {
				return err
			}
			defer m.Store.Finalize()
			tensors, err := layout.Export(name, m.Classifier.Trunk, m.Store)
			if err != nil {
				return usageErrorf("%v", err)
			}
			if err := storage.Write(out, func(w io.Writer) error { return write(w, tensors) }); err != nil {
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
	cmd.Flags().BoolVar(&legacy, "legacy", false, "write PyTorch's file in the form that versions before 1.6 read")
	for _, required := range []string{"checkpoint", "layout", "out"} {
		_ = cmd.MarkFlagRequired(required) // the flag exists
	}
	return cmd
}

// weightsWriter is how a file of weights of that name is written.
func weightsWriter(path string, legacy bool) (func(io.Writer, []safetensors.Tensor) error, error) {
	extension := strings.ToLower(filepath.Ext(path))
	switch extension {
	case ".pth", ".pt", ".bin":
		if legacy {
			return pth.WriteLegacy, nil
		}
		return pth.Write, nil
	}
	if legacy {
		return nil, usageErrorf("--legacy is a form of PyTorch's files: name --out .pth, .pt or .bin, not %q", extension)
	}
	return func(w io.Writer, tensors []safetensors.Tensor) error { return safetensors.Write(w, tensors, nil) }, nil
}

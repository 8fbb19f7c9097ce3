package main

import (
	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/networks"
	"padapter/models/checkpoint"
)

func newAdapterResizeCommand() *cobra.Command {
	var out, backbone string
	var size checkpoint.Size
	cmd := &cobra.Command{
		Use:   "resize DIR --out DIR [--frames N] [--height N] [--width N]",
		Short: "Fit an adapter to clips of more or fewer frames, or another picture size",
		Long: `Writes the checkpoint for clips of another size. PAdapter's prompts, which have a row for each token, and learned
position tables are interpolated, bicubic in space and linear in time; all else stays. Its recipe gets the new size. With
fixed positions the backbone stays as it is, so an adapter alone stays alone. Measure it again afterwards: the metrics of
the old size are left out.`,
		Example: `  padapter adapter resize runs/hmdb51/best --frames 16 --out hmdb51-16
  padapter adapter resize hmdb51-adapter --height 288 --width 288 --out hmdb51-288`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if size.Frames < 0 || size.Height < 0 || size.Width < 0 || size == (checkpoint.Size{}) {
				return usageErrorf("--frames %d, --height %d, --width %d: name at least one, none below 0", size.Frames, size.Height, size.Width)
			}
			if backbone != "" {
				backbone = networks.BestOf(backbone)
			}
			if err := checkpoint.Resize(networks.BestOf(args[0]), backbone, out, size); err != nil {
				return err
			}
			return reportAdapter(cmd.Context(), out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "folder to write (required)")
	cmd.Flags().StringVar(&backbone, "backbone", "", "checkpoint folder or file with the backbone, when the checkpoint holds the adapter alone")
	cmd.Flags().IntVar(&size.Frames, "frames", 0, "frames of a clip (0: as before)")
	cmd.Flags().IntVar(&size.Height, "height", 0, "height in pixels (0: as before)")
	cmd.Flags().IntVar(&size.Width, "width", 0, "width in pixels (0: as before)")
	require(cmd, "out")
	return cmd
}

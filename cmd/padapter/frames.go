package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/frames"
	"padapter/decode"
)

func newFramesCommand() *cobra.Command {
	var opt frames.Options
	var limits limitFlags
	var index, size, filter string
	cmd := &cobra.Command{
		Use:   "frames FILE",
		Short: "Exact frames of one file: times, checksums, PNGs",
		Long: `Decodes chosen frames of a video or image and prints a line for each: its index in
presentation order, its time in ticks and in seconds, and its size. --md5 adds the checksum of the
frame's own pixel planes in FFmpeg's framemd5 convention; --png writes each frame as RGB PNG.`,
		Example: `  padapter frames clip.mp4
  padapter frames clip.mp4 --index 0,5,10 --md5
  padapter frames clip.avi --index 0-96:16 --png out/ --size 320x240 --filter area`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if opt.Indices, err = frames.ParseIndices(index); err != nil {
				return err
			}
			if opt.Width, opt.Height, opt.Filter, err = pngShape(size, filter); err != nil {
				return err
			}
			if err := limits.Check(); err != nil {
				return err
			}
			opt.Limits = limits.DecodeLimits
			return frames.Run(cmd.Context(), args[0], opt, cmd.OutOrStdout())
		},
	}
	limits.bindHere(cmd.Flags())
	cmd.Flags().StringVar(&index, "index", "", "frames: numbers and ranges, such as 0,5,10-20,30-60:10 (default: all)")
	cmd.Flags().BoolVar(&opt.MD5, "md5", false, "print the MD5 of each frame's native pixel planes")
	cmd.Flags().StringVar(&opt.PNG, "png", "", "write each frame as PNG into this directory")
	cmd.Flags().StringVar(&size, "size", "", "size of the PNGs, such as 320x240 (default: the clip's)")
	cmd.Flags().StringVar(&filter, "filter", "bilinear", "how PNGs are scaled: bilinear, bicubic or area")
	return cmd
}

var filters = map[string]decode.Filter{"bilinear": decode.Bilinear, "bicubic": decode.Bicubic, "area": decode.Area}

// pngShape is the size and filter of PNGs; 0 × 0 means the clip's own size.
func pngShape(size, name string) (width, height int, filter decode.Filter, err error) {
	filter, ok := filters[name]
	if !ok {
		return 0, 0, 0, usageErrorf("--filter %q: use bilinear, bicubic or area", name)
	}
	if size == "" {
		return 0, 0, filter, nil
	}
	if n, err := fmt.Sscanf(size, "%dx%d", &width, &height); n != 2 || err != nil || width < 1 || height < 1 {
		return 0, 0, 0, usageErrorf("--size %q is not a size like 320x240", size)
	}
	return width, height, filter, nil
}

package main

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"padapter/decode"
)

type framesOptions struct {
	index  string
	md5    bool
	png    string
	size   string
	filter string
	limits limitFlags
}

var filters = map[string]decode.Filter{"bilinear": decode.Bilinear, "bicubic": decode.Bicubic, "area": decode.Area}

// shape is the size and filter of PNGs; 0 × 0 means the clip's own size.
func (o *framesOptions) shape() (width, height int, filter decode.Filter, err error) {
	filter, ok := filters[o.filter]
	if !ok {
		return 0, 0, 0, usageErrorf("--filter %q: use bilinear, bicubic or area", o.filter)
	}
	if o.size == "" {
		return 0, 0, filter, nil
	}
	if n, err := fmt.Sscanf(o.size, "%dx%d", &width, &height); n != 2 || err != nil || width < 1 || height < 1 {
		return 0, 0, 0, usageErrorf("--size %q is not a size like 320x240", o.size)
	}
	return width, height, filter, nil
}

// indices parses "0,5,10-20,30-60:10"; "" means every frame.
func (o *framesOptions) indices() ([]int, error) {
	if o.index == "" {
		return nil, nil
	}
	var out []int
	for part := range strings.SplitSeq(o.index, ",") {
		span, stepText, stepped := strings.Cut(strings.TrimSpace(part), ":")
		first, last, ranged := strings.Cut(span, "-")
		from, err := strconv.Atoi(first)
		to, step := from, 1
		if err == nil && ranged {
			to, err = strconv.Atoi(last)
		}
		if err == nil && stepped {
			step, err = strconv.Atoi(stepText)
		}
		if err != nil || from < 0 || to < from || step < 1 || (stepped && !ranged) {
			return nil, usageErrorf("--index %q: %q is not a frame number, a range like 10-20, or a range with a step like 0-60:4", o.index, part)
		}
		for i := from; i <= to; i += step {
			if len(out) == 1<<20 {
				return nil, usageErrorf("--index %q names more than %d frames", o.index, 1<<20)
			}
			out = append(out, i)
		}
	}
	return out, nil
}

func newFramesCommand() *cobra.Command {
	var opt framesOptions
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
			indices, err := opt.indices()
			if err != nil {
				return err
			}
			width, height, filter, err := opt.shape()
			if err != nil {
				return err
			}
			if err := opt.limits.Check(); err != nil {
				return err
			}
			ctx, stop := opt.limits.Within(cmd.Context())
			defer stop()
			file, err := decode.OpenFile(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			d, err := decode.NewDecoder(opt.limits.Decoder())
			if err != nil {
				return err
			}
			defer d.Close()
			if opt.png != "" {
				if err := os.MkdirAll(opt.png, 0o755); err != nil {
					return fmt.Errorf("make directory for PNGs: %w", err)
				}
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			header := "index\tpts\ttime base\tseconds\tsize"
			if opt.md5 {
				header += "\tmd5"
			}
			fmt.Fprintln(table, header)
			var delivered []int
			err = d.Native(ctx, file, indices, func(f decode.NativeFrame) error {
				fmt.Fprintf(table, "%d\t%d\t%d/%d\t%.6f\t%dx%d", f.Index, f.Pts, f.TimeBaseNum, f.TimeBaseDen,
					float64(f.Pts)*float64(f.TimeBaseNum)/float64(f.TimeBaseDen), f.Width, f.Height)
				if opt.md5 {
					fmt.Fprintf(table, "\t%s", f.MD5())
				}
				fmt.Fprintln(table)
				delivered = append(delivered, f.Index)
				return nil
			})
			if err == nil && opt.png != "" {
				err = writePNGs(ctx, d, file, delivered, opt.png, decode.Plan{Width: width, Height: height, Filter: filter})
			}
			if flushErr := table.Flush(); err == nil {
				err = flushErr
			}
			return err
		},
	}
	opt.limits.bindHere(cmd.Flags())
	cmd.Flags().StringVar(&opt.index, "index", "", "frames: numbers and ranges, such as 0,5,10-20,30-60:10 (default: all)")
	cmd.Flags().BoolVar(&opt.md5, "md5", false, "print the MD5 of each frame's native pixel planes")
	cmd.Flags().StringVar(&opt.png, "png", "", "write each frame as PNG into this directory")
	cmd.Flags().StringVar(&opt.size, "size", "", "size of the PNGs, such as 320x240 (default: the clip's)")
	cmd.Flags().StringVar(&opt.filter, "filter", "bilinear", "how PNGs are scaled: bilinear, bicubic or area")
	return cmd
}

// writePNGs writes the frames as RGB, a few at a time so that memory stays
// bounded.
func writePNGs(ctx context.Context, d *decode.Decoder, file decode.Source, indices []int, dir string, shape decode.Plan) error {
	const together = 16
	for len(indices) > 0 {
		some := indices[:min(together, len(indices))]
		indices = indices[len(some):]
		var buf []byte
		var plan decode.Plan
		_, err := d.Clip(ctx, file, func(info *decode.Info) (decode.Plan, error) {
			plan = shape
			if plan.Width == 0 {
				plan.Width, plan.Height = info.Width, info.Height
			}
			plan.Indices = some
			plan.Region = decode.Region{W: float64(info.Width), H: float64(info.Height)}
			return plan, nil
		}, func(p decode.Plan) ([]byte, error) {
			buf = make([]byte, p.Bytes())
			return buf, nil
		})
		if err != nil {
			return err
		}
		size := plan.Width * plan.Height * 3
		for i, index := range some {
			path := filepath.Join(dir, fmt.Sprintf("frame-%06d.png", index))
			if err := writePNG(path, buf[i*size:][:size], plan.Width, plan.Height); err != nil {
				return fmt.Errorf("write frame %d: %w", index, err)
			}
		}
	}
	return nil
}

func writePNG(path string, rgb []byte, width, height int) (err error) {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		copy(img.Pix[4*i:], rgb[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	w := bufio.NewWriter(f)
	if err := png.Encode(w, img); err != nil {
		return err
	}
	return w.Flush()
}

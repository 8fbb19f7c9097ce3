// Package frames is the job of 'padapter frames': exact frames of one file.
package frames

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"padapter/cmd/internal/jobs"
	"padapter/decode"
)

// Options say which frames are wanted and what of them. Zero values are the defaults where a field says so.
type Options struct {
	Indices       []int  // in presentation order, from 0; nil: every frame
	MD5           bool   // with the checksum of the native pixel planes, by FFmpeg's framemd5
	PNG           string // folder for the frames as RGB PNGs; empty: none
	Width, Height int    // of the PNGs in pixels; 0 × 0: the clip's own
	Filter        decode.Filter
	Limits        jobs.DecodeLimits
}

// Run decodes the frames of a file and writes a table with a line for each to out. Frames that come before an error are in
// the table; where there are none, nothing is written.
func Run(ctx context.Context, path string, opt Options, out io.Writer) error {
	ctx, stop := opt.Limits.Within(ctx)
	defer stop()
	file, err := decode.OpenFile(path)
	if err != nil {
		return err
	}
	defer file.Close()
	d, err := decode.NewDecoder(opt.Limits.Decoder())
	if err != nil {
		return err
	}
	defer d.Close()
	if opt.PNG != "" {
		if err := os.MkdirAll(opt.PNG, 0o755); err != nil {
			return fmt.Errorf("make directory for PNGs: %w", err)
		}
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	header := "index\tpts\ttime base\tseconds\tsize"
	if opt.MD5 {
		header += "\tmd5"
	}
	fmt.Fprintln(table, header)
	var delivered []int
	err = d.Native(ctx, file, opt.Indices, func(f decode.NativeFrame) error {
		fmt.Fprintf(table, "%d\t%d\t%d/%d\t%.6f\t%dx%d", f.Index, f.Pts, f.TimeBaseNum, f.TimeBaseDen,
			float64(f.Pts)*float64(f.TimeBaseNum)/float64(f.TimeBaseDen), f.Width, f.Height)
		if opt.MD5 {
			fmt.Fprintf(table, "\t%s", f.MD5())
		}
		fmt.Fprintln(table)
		delivered = append(delivered, f.Index)
		return nil
	})
	if err == nil && opt.PNG != "" {
		err = writePNGs(ctx, d, file, delivered, opt.PNG, decode.Plan{Width: opt.Width, Height: opt.Height, Filter: opt.Filter})
	}
	if err != nil && len(delivered) == 0 {
		return err
	}
	if flushErr := table.Flush(); err == nil {
		err = flushErr
	}
	return err
}

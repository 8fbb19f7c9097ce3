package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	jobs "padapter/cmd/internal/jobs/bench"
	"padapter/cmd/internal/ui"
	"padapter/decode/bench"
)

func newBenchDecodeCommand() *cobra.Command {
	var opt bench.Options
	var followed bool
	cmd := &cobra.Command{
		Use:   "decode DIR",
		Short: "Decoding speed on a directory of clips, exactness checked first",
		Long: `Takes frames at a stride from the middle of each clip, short side to --size bilinear, centre
crop, RGB. First every clip's chosen frames are compared with a full sequential decode; then the
directory is decoded --repeat times and the median of clips a second is printed.

With --follow nothing is checked: each line on standard input is answered with one round in JSON, and
the end of the input ends it. decode/bench/peers/compare.py uses that to take turns with other programs.`,
		Example: `  padapter bench decode clips/
  padapter bench decode clips/ --frames 16 --stride 4 --size 224 --workers 2 --repeat 5`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if opt.Frames < 1 || opt.Stride < 1 || opt.Size < 1 || opt.Workers < 1 || opt.Repeat < 1 {
				return usageErrorf("--frames, --stride, --size, --workers and --repeat must be at least 1")
			}
			if followed {
				rounds, err := bench.OpenRounds(args[0], opt)
				if err != nil {
					return err
				}
				defer rounds.Close()
				return jobs.Follow(cmd.Context(), cmd.InOrStdin(), ui.From(cmd.Context()).Result, rounds.Next)
			}
			report, err := bench.Run(cmd.Context(), args[0], opt)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
				return json.NewEncoder(out).Encode(report)
			}
			if !opt.SkipCheck {
				fmt.Fprintf(out, "exact    %d of %d clips equal a sequential decode\n", report.Checked, report.Clips)
			}
			fmt.Fprintf(out, "speed    %.1f clips/s (%.1f to %.1f in %d rounds, %d workers)\n",
				report.Median, report.Min, report.Max, opt.Repeat, opt.Workers)
			fmt.Fprintf(out, "a clip   %.2f ms of processor time: %.2f in the codec (%.0f packets), %.2f in the pixel kernel; %.3f of the codec's\n",
				report.CPUMs, report.CodecMs, report.Packets, report.PixelMs, report.CPUMs/report.CodecMs)
			fmt.Fprintf(out, "memory   %.1f KB allocated by Go a clip\n", report.GoBytes/1024)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&opt.Frames, "frames", 16, "frames taken of each clip")
	flags.IntVar(&opt.Stride, "stride", 4, "distance of the frames")
	flags.IntVar(&opt.Size, "size", 224, "side of the square output")
	flags.IntVar(&opt.Workers, "workers", 2, "clips decoded at once")
	flags.IntVar(&opt.Repeat, "repeat", 5, "measured rounds")
	flags.BoolVar(&opt.SkipCheck, "skip-check", false, "do not compare with sequential decodes first")
	flags.BoolVar(&followed, "follow", false, "take one round for each line on standard input")
	return cmd
}

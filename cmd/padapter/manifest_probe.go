package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/probe"
	"padapter/pipeline/isolate"
)

type manifestProbeOptions struct {
	probe.Options
	limits limitFlags
	engine engineFlags
}

func newManifestProbeCommand() *cobra.Command {
	var opt manifestProbeOptions
	cmd := &cobra.Command{
		Use:   "probe MANIFEST [--out FILE]",
		Short: "Look into every file: fill in frames, size, codec, checksum; find broken ones",
		Long: `Opens every record that is said to be found and was not probed before, and fills in what it is: frames, frame rate,
duration, width, height, rotation, codec, bytes and the SHA-256 of its content. Records that cannot be decoded become
rejected, with the reason; files that are not there become missing.

Results are kept beside the output, in FILE.probing and the folder FILE.probing.units: whenever a unit of 256 files (64 with
--decode) is done, every 20 s, and when the run is stopped. Run the same command again after an interruption, with either
engine, and it continues. Both are removed when the manifest is written.
With --engine temporal 'padapter worker' processes do the units; they need the output's folder and the files at the same
paths (docs/guides/temporal.md).

The first frame of each file is decoded; --decode decodes every frame and rejects files that are damaged inside.`,
		Example: `  padapter manifest probe train.parquet
  padapter manifest probe train.csv --out probed.parquet --workers 8 --decode`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.Manifest, opt.Limits, opt.Tool = args[0], opt.limits.DecodeLimits, toolName()
			if err := errors.Join(opt.Check(), opt.limits.Check(), opt.engine.Check()); err != nil {
				return err
			}
			return runManifestProbe(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.Out, "out", "", "manifest to write (default: the same file)")
	f.StringVar(&opt.Root, "root", "", "folder that the records' paths start from, instead of the manifest's")
	f.IntVar(&opt.Workers, "workers", 0, "files looked into at once (0: one a processor)")
	f.BoolVar(&opt.Decode, "decode", false, "decode every frame, and reject files with damaged ones")
	f.BoolVar(&opt.Again, "again", false, "look also into records that were probed or missing before")
	opt.limits.bind(f, isolate.Preferred)
	opt.engine.bind(f)
	return cmd
}

func runManifestProbe(ctx context.Context, opt manifestProbeOptions) error {
	engine, closeEngine, err := opt.engine.open(ctx)
	if err != nil {
		return err
	}
	defer closeEngine()
	opt.Engine, opt.Observer = engine, observer(ctx)
	summary, err := probe.Run(ctx, opt.Options)
	return result(ctx, summary, summary.Text, err)
}

package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/report"
	"padapter/cmd/internal/ui"
	"padapter/models/backend"
	"padapter/pipeline/isolate"
)

func newReportCommand() *cobra.Command {
	opt := report.Options{Version: versionString()}
	var limits limitFlags
	cmd := &cobra.Command{
		Use:   "report --run DIR --data M|DIR --out FILE.html",
		Short: "One HTML page of a run: curves, classes, confusion, hardest mistakes",
		Long: `Evaluates a training run's best model on labelled clips and writes one HTML file, without scripts and without
anything from the network: the curves of the training log, accuracy of every class, the confusion matrix, the hardest
mistakes with their frames, parameters, recipe and versions.`,
		Example: `  padapter report --run run1 --data shards/test --out report.html`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opt.Mistakes < 0 || opt.Workers < 0 {
				return usageErrorf("--mistakes %d, --workers %d: they may not be negative", opt.Mistakes, opt.Workers)
			}
			if err := limits.Check(); err != nil {
				return err
			}
			ctx := cmd.Context()
			opt.Limits, opt.Observer = limits.DecodeLimits, observer(ctx)
			summary, err := report.Run(ctx, opt)
			if err != nil {
				return err
			}
			return errors.Join(ui.From(ctx).Result(summary, func() string { return summary.Out }), summary.Failed())
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.Run, "run", "", "output folder of 'padapter train', or a checkpoint folder (required)")
	f.StringVar(&opt.Data, "data", "", "labelled clips: a manifest or a folder of shards (required)")
	f.StringVar(&opt.Split, "split", "", "split of the manifest, or all (default: test, or else val, where there is one)")
	f.StringVar(&opt.Out, "out", "", "HTML file to write (required)")
	f.StringVar(&opt.Backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	f.IntVar(&opt.Mistakes, "mistakes", 12, "mistakes to show")
	f.IntVar(&opt.Workers, "workers", 0, "clips decoded at once (0: one a processor)")
	limits.bind(f, isolate.Off)
	require(cmd, "run", "data", "out")
	return cmd
}

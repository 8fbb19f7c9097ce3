package main

import (
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/demo"
	"padapter/cmd/internal/ui"
	"padapter/models/backend"
)

func newDemoCommand() *cobra.Command {
	opt := demo.Options{Version: versionString()}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The full pipeline on two synthetic action sets, from videos to labels",
		Long: `Renders two sets of synthetic actions as MPEG-4 videos in HMDB-51's folder layout, builds manifests,
preprocesses to Arrow shards, pretrains a tiny video transformer on the set "source", freezes it and fine-tunes it on
the set "target" with PAdapter and, for comparison, linearly, fully and with the frames of each clip shuffled; then
labels a folder of unseen clips with the PAdapter checkpoint and prints one table.

A single frame tells nothing about an action of these sets, and the frames of a clip without their order leave two
classes open (docs/guides/demo.md). The same seed gives the same videos, weights and table on one backend; only the seconds
differ. Run again with the same --out to go on after a stop: what is complete is kept.`,
		Example: `  padapter demo
  padapter demo --out /data/demo --seed 7
  padapter demo --small --out tiny`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			opt.Observer = observer(ctx)
			report, err := demo.Run(ctx, opt)
			if err != nil {
				return err
			}
			return ui.From(ctx).Result(report, report.Text)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.Out, "out", "demo-out", "folder for everything the demo makes")
	f.Uint64Var(&opt.Seed, "seed", 1, "seed of videos, initial weights and order")
	f.StringVar(&opt.Backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	f.BoolVar(&opt.Small, "small", false, "a small instance of every stage, to see it work; it learns nothing to speak of")
	return cmd
}

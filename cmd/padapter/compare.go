package main

import (
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/compare"
	"padapter/cmd/internal/ui"
	"padapter/models/backend"
	"padapter/pipeline/isolate"
)

func newCompareCommand() *cobra.Command {
	opt := compare.Options{Version: versionString()}
	var limits limitFlags
	cmd := &cobra.Command{
		Use:   "compare --recipe NAME|FILE… --train M|DIR --val M|DIR --test M|DIR --backbone DIR --out DIR",
		Short: "Train several tunings on the same data and seeds and print the paper's table",
		Long: `Trains every tuning with every seed on the same training clips from the same backbone, chooses each run's best
epoch on the validation clips, measures it on the test clips, and prints parameters, share, top-1, time and memory
with mean and standard deviation over the seeds.

Rows are recipes (--recipe may be given several times), or one recipe under several tunings (--tunings). Runs that an
earlier call finished are not trained again; a run that was stopped goes on where it was.

What learns well at one rate may not at another. With --rates every row is first trained once at each of these base
rates with a seed of its own, the rate that is best on the validation clips becomes the row's, and all trials are in
compare.json. Test clips play no part in that.

OUT receives compare.json, compare.md and a folder for each run.`,
		Example: `  padapter compare --recipe my.yaml --tunings padapter,adaptformer,vpt,linear,full --seeds 1,2,3 \
      --train shards/train --val shards/val --test shards/test --backbone source/best --out results
  padapter compare --recipe my.yaml --tunings padapter,linear --rates 0.03,0.1,0.3,1 …`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := limits.Check(); err != nil {
				return err
			}
			ctx := cmd.Context()
			opt.Sets.Limits, opt.Sets.Version, opt.Observer = limits.DecodeLimits, opt.Version, observer(ctx)
			table, err := compare.Run(ctx, opt)
			if err != nil {
				return err
			}
			return ui.From(ctx).Result(table, table.Text)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&opt.Recipes, "recipe", nil, "recipe: a built-in name or a YAML file; may be repeated (required)")
	f.StringSliceVar(&opt.Tunings, "tunings", nil, "put each recipe under these tunings instead of its own")
	f.Int64SliceVar(&opt.Seeds, "seeds", []int64{1, 2, 3}, "seeds of the runs")
	bindClips(f, &opt.Sets.Train, "train", "training clips: a manifest or a folder of shards (required)", "training")
	bindClips(f, &opt.Sets.Val, "val", "validation clips, which choose each run's best epoch (required)", "validation")
	bindClips(f, &opt.Sets.Test, "test", "test clips, which are measured once for each run (required)", "test")
	f.StringVar(&opt.Backbone, "backbone", "", "start the backbone from this checkpoint folder or safetensors file")
	f.StringVar(&opt.Out, "out", "", "output folder (required)")
	f.StringVar(&opt.Backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	f.IntVar(&opt.Bottleneck, "adaptformer-bottleneck", 0, "AdaptFormer's inner width under --tunings (0: about as many parameters as PAdapter)")
	f.IntVar(&opt.Prompts, "vpt-prompts", 0, "VPT's tokens a block under --tunings (0: about as many parameters as PAdapter)")
	f.Float64SliceVar(&opt.Rates, "rates", nil, "base rates to try for each row, instead of its recipe's")
	f.Int64Var(&opt.RateSeed, "rate-seed", 1000, "seed of the runs that try rates; none of --seeds")
	f.IntVar(&opt.Epochs, "epochs", 0, "epochs instead of the recipes'")
	f.IntVar(&opt.Sets.Workers, "workers", 0, "clips decoded at once when training from a manifest (0: one a processor)")
	limits.bind(f, isolate.Off)
	require(cmd, "recipe", "train", "val", "test", "out")
	return cmd
}

package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/eval"
	"padapter/cmd/internal/ui"
	"padapter/models/backend"
	"padapter/models/evaluate"
	"padapter/pipeline/isolate"
)

func newEvalCommand() *cobra.Command {
	opt := eval.Options{Version: versionString()}
	var limits limitFlags
	cmd := &cobra.Command{
		Use:   "eval --checkpoint DIR --data M|DIR",
		Short: "Accuracy of a checkpoint on labelled clips",
		Long: `Prints top-1, top-5, mean class accuracy, loss and calibration error, and a row for each class. Videos that
cannot be read are counted, named in the report and left out of the denominator, which is stated; nothing is put in
their place. The exit code is 3 when there are any.

With --calibrate a temperature is fitted on validation clips; with --save it is stored in the checkpoint, where eval and
label take it from, so that the probabilities of labels are calibrated.

With --precision bfloat16 --against float32 the clips go through the network in both precisions. The report then has
the share of videos with the same best class, the largest and the mean change of their probabilities, and both
accuracies, which are stored with the checkpoint (agreement.json): --precision auto and label take them from there.`,
		Example: `  padapter eval --checkpoint run1 --data test.parquet
  padapter eval --checkpoint run1/best --data shards/test --out report.json
  padapter eval --checkpoint run1 --data shards/test --calibrate shards/val --save
  padapter eval --checkpoint run1 --data shards/test --precision bfloat16 --against float32`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opt.Batch < 0 || opt.Workers < 0 || cmd.Flags().Changed("temperature") && !(opt.Temperature > 0) {
				return usageErrorf("--batch %d, --workers %d, --temperature %v: the first two may not be negative, the last must be above 0", opt.Batch, opt.Workers, opt.Temperature)
			}
			if opt.Average != evaluate.Logits && opt.Average != evaluate.Probabilities {
				return usageErrorf("--average %q: use %s or %s", opt.Average, evaluate.Logits, evaluate.Probabilities)
			}
			if opt.Calibrate != "" && cmd.Flags().Changed("temperature") {
				return usageErrorf("--calibrate fits the temperature that --temperature sets: give one of them")
			}
			if opt.Save && opt.Calibrate == "" {
				return usageErrorf("--save stores the temperature that --calibrate fits: name validation clips with it")
			}
			if err := limits.Check(); err != nil {
				return err
			}
			ctx := cmd.Context()
			opt.Limits, opt.Observer = limits.DecodeLimits, observer(ctx)
			report, err := eval.Run(ctx, opt)
			if err != nil {
				return err
			}
			return errors.Join(ui.From(ctx).Result(report, report.Table), opt.Failed(report))
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.Checkpoint, "checkpoint", "", "checkpoint folder, or the output folder of 'padapter train' (required)")
	f.StringVar(&opt.Data, "data", "", "labelled clips: a manifest or a folder of shards (required)")
	f.StringVar(&opt.Split, "split", "", "split of the manifest, or all (default: test, or else val, where there is one)")
	f.StringVar(&opt.Out, "out", "", "write the report to this JSON file, too")
	f.StringVar(&opt.Backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	bindPrecision(cmd, &opt.Precision)
	bindWords(cmd, &opt.Against, "against", "", []string{string(backend.Float32), string(backend.BFloat16)},
		"compare with this precision on the same engine: equal best classes, changes of probabilities, accuracy of both; stored with the checkpoint")
	f.StringVar(&opt.Average, "average", evaluate.Logits, "how the views of a video are merged: logits or probabilities")
	f.Float64Var(&opt.Temperature, "temperature", 0, "divide logits by this before measuring calibration (default: the checkpoint's, or 1)")
	f.StringVar(&opt.Calibrate, "calibrate", "", "fit the temperature on these validation clips first: a manifest or a folder of shards")
	f.BoolVar(&opt.Save, "save", false, "store the fitted temperature in the checkpoint")
	f.IntVar(&opt.Batch, "batch", 0, "clips on the device at once (0: the recipe's, or fewer where they would take more than a quarter of the memory)")
	f.IntVar(&opt.Workers, "workers", 0, "clips decoded at once (0: one a processor)")
	limits.bind(f, isolate.Off)
	require(cmd, "checkpoint", "data")
	cmd.AddCommand(newEvalMeanCommand())
	return cmd
}

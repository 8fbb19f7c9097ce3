package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/cmd/internal/ui"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/evaluate"
	"padapter/pipeline/isolate"
)

type evalOptions struct {
	checkpoint, data, split string
	out, backend, average   string
	calibrate               string
	batch, workers          int
	temperature             float64 // 0: the checkpoint's
	save                    bool    // the fitted temperature
	limits                  limitFlags
}

func newEvalCommand() *cobra.Command {
	var opt evalOptions
	cmd := &cobra.Command{
		Use:   "eval --checkpoint DIR --data M|DIR",
		Short: "Accuracy of a checkpoint on labelled clips",
		Long: `Prints top-1, top-5, mean class accuracy, loss and calibration error, and a row for each class. Videos that
cannot be read are counted, named in the report and left out of the denominator, which is stated; nothing is put in
their place. The exit code is 3 when there are any.

With --calibrate a temperature is fitted on validation clips; with --save it is stored in the checkpoint, where eval and
label take it from, so that the probabilities of labels are calibrated.`,
		Example: `  padapter eval --checkpoint run1 --data test.parquet
  padapter eval --checkpoint run1/best --data shards/test --out report.json
  padapter eval --checkpoint run1 --data shards/test --calibrate shards/val --save`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opt.batch < 0 || opt.workers < 0 || cmd.Flags().Changed("temperature") && !(opt.temperature > 0) {
				return usageErrorf("--batch %d, --workers %d, --temperature %v: the first two may not be negative, the last must be above 0", opt.batch, opt.workers, opt.temperature)
			}
			if opt.average != evaluate.Logits && opt.average != evaluate.Probabilities {
				return usageErrorf("--average %q: use %s or %s", opt.average, evaluate.Logits, evaluate.Probabilities)
			}
			if opt.calibrate != "" && cmd.Flags().Changed("temperature") {
				return usageErrorf("--calibrate fits the temperature that --temperature sets: give one of them")
			}
			if opt.save && opt.calibrate == "" {
				return usageErrorf("--save stores the temperature that --calibrate fits: name validation clips with it")
			}
			if err := opt.limits.Check(); err != nil {
				return err
			}
			return runEval(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.checkpoint, "checkpoint", "", "checkpoint folder, or the output folder of 'padapter train' (required)")
	f.StringVar(&opt.data, "data", "", "labelled clips: a manifest or a folder of shards (required)")
	f.StringVar(&opt.split, "split", "", "split of the manifest, or all (default: test, or else val, where there is one)")
	f.StringVar(&opt.out, "out", "", "write the report to this JSON file, too")
	f.StringVar(&opt.backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	f.StringVar(&opt.average, "average", evaluate.Logits, "how the views of a video are merged: logits or probabilities")
	f.Float64Var(&opt.temperature, "temperature", 0, "divide logits by this before measuring calibration (default: the checkpoint's, or 1)")
	f.StringVar(&opt.calibrate, "calibrate", "", "fit the temperature on these validation clips first: a manifest or a folder of shards")
	f.BoolVar(&opt.save, "save", false, "store the fitted temperature in the checkpoint")
	f.IntVar(&opt.batch, "batch", 0, "clips on the device at once (0: the recipe's, or fewer where they would take more than a quarter of the memory)")
	f.IntVar(&opt.workers, "workers", 0, "clips decoded at once (0: one a processor)")
	opt.limits.bind(f, isolate.Off)
	for _, name := range []string{"checkpoint", "data"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	cmd.AddCommand(newEvalMeanCommand())
	return cmd
}

func runEval(ctx context.Context, opt evalOptions) (err error) {
	console := ui.From(ctx)
	open, err := networks.OpenMeasured(ctx, opt.checkpoint, opt.backend, opt.data, inputs.ClipSettings{Use: inputs.ForTesting, Split: opt.split, Workers: opt.workers, Limits: opt.limits.DecodeLimits, Version: versionString()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	console.Note("backend %s: %s", open.Engine.Engine, open.Engine.Why)
	how := open.Options(opt.batch)
	how.Average = opt.average
	how.Temperature, _ = open.Model.Config.TemperatureOr(opt.temperature)
	if opt.calibrate != "" {
		if how.Temperature, err = calibrate(ctx, how, opt, open); err != nil {
			return fmt.Errorf("calibrate on %s: %w", opt.calibrate, err)
		}
		console.Note("temperature %.4f, fitted on %s", how.Temperature, opt.calibrate)
		if opt.save {
			if err := checkpoint.SetTemperature(networks.BestOf(opt.checkpoint), how.Temperature); err != nil {
				return err
			}
			console.Note("stored in %s", networks.BestOf(opt.checkpoint))
		}
	}
	task := console.Start("eval", int64(open.Data.Len()))
	how.Progress = func(done, total int64) { task.Set(done, total, "") }
	var busy time.Duration
	how.Busy = &busy
	began := time.Now()
	report, err := evaluate.Run(ctx, how)
	task.Finish()
	if err != nil {
		return err
	}
	console.Note("%.1f clips a second; the network was busy %.0f %% of the time", float64(report.Views)/max(1e-9, time.Since(began).Seconds()), 100*busy.Seconds()/max(1e-9, time.Since(began).Seconds()))
	where := "the report's failures (--out FILE)"
	if opt.out != "" {
		if err := report.WriteJSON(opt.out); err != nil {
			return err
		}
		where = opt.out
	}
	if err := console.Result(report, report.Table); err != nil {
		return err
	}
	return jobs.RecordsFailed(int(report.Unreadable), int(report.Videos), where)
}

// calibrate fits the temperature on the validation clips that the options name.
func calibrate(ctx context.Context, how evaluate.Options, opt evalOptions, open *networks.Measured) (temperature float64, err error) {
	data, err := open.LabelledClips(ctx, opt.calibrate, inputs.ClipSettings{Use: inputs.ForValidation, Workers: opt.workers, Limits: opt.limits.DecodeLimits, Version: versionString()})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	how.Data, how.Temperature = data.Data, 1
	return evaluate.FitTemperature(ctx, how)
}

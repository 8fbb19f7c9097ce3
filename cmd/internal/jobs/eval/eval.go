// Package eval is the job of 'padapter eval': the accuracy of a checkpoint on labelled clips.
package eval

import (
	"context"
	"errors"
	"fmt"
	"time"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/manifests/storage"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/evaluate"
)

// Options say what is measured. Zero values are the defaults where a field says so.
type Options struct {
	Checkpoint  string  // folder, or the output folder of a training run
	Data, Split string  // labelled clips; without a split the test or the validation split is taken
	Backend     string  // one of backend.Choices
	Precision   string  // one of backend.Precisions; empty: float32
	Against     string  // precision to compare with, on the same engine; empty: none
	Average     string  // how the views of a video are merged: evaluate.Logits (also the empty string) or evaluate.Probabilities
	Temperature float64 // logits are divided by it before calibration is measured; 0: the checkpoint's, or 1
	Calibrate   string  // clips on which the temperature is fitted first; empty: it is not
	Save        bool    // store the fitted temperature in the checkpoint
	Batch       int     // clips on the device at once; 0: as networks.BatchSize chooses
	Workers     int     // clips decoded at once; 0: one a processor
	Limits      jobs.DecodeLimits
	Out         string // JSON file for the report; empty: none
	Version     string // of the program
	Observer    jobs.Observer
}

// Run measures. Videos that could not be read are in the report and no error.
func Run(ctx context.Context, opt Options) (report *evaluate.Report, err error) {
	if err := opt.checkPrecisions(); err != nil {
		return nil, err
	}
	engine := backend.Settings{Engine: opt.Backend, Precision: backend.Precision(opt.Precision)}
	open, err := networks.OpenMeasured(ctx, opt.Checkpoint, engine, opt.Data, opt.clips(inputs.ForTesting, opt.Split))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, open.Close()) }()
	opt.Observer.Note("backend %s: %s", open.Engine.Engine, open.Engine.Why)
	if open.Why != "" {
		opt.Observer.Note("precision %s: %s", open.Engine.Precision, open.Why)
	}
	how := open.Options(opt.Batch)
	if opt.Against != "" {
		if opt.Against == string(open.Engine.Precision) {
			return nil, jobs.Usagef("--against %s is the precision that is measured: give another --precision", opt.Against)
		}
		if how.Against, err = open.InPrecision(backend.Precision(opt.Against)); err != nil {
			return nil, err
		}
		defer how.Against.Store.Finalize()
	}
	how.Average = opt.Average
	how.Temperature, _ = open.Model.Config.TemperatureOr(opt.Temperature)
	if opt.Calibrate != "" {
		if how.Temperature, err = calibrate(ctx, how, opt, open); err != nil {
			return nil, fmt.Errorf("calibrate on %s: %w", opt.Calibrate, err)
		}
		opt.Observer.Note("temperature %.4f, fitted on %s", how.Temperature, opt.Calibrate)
		if opt.Save {
			if err := checkpoint.SetTemperature(open.Dir, how.Temperature); err != nil {
				return nil, err
			}
			opt.Observer.Note("stored in %s", open.Dir)
		}
	}
	task := opt.Observer.Stage("eval", int64(open.Data.Len()))
	how.Progress = func(done, total int64) { task.Set(done, total, "") }
	var busy time.Duration
	how.Busy = &busy
	began := time.Now()
	report, err = evaluate.Run(ctx, how)
	task.Finish()
	if err != nil {
		return nil, err
	}
	seconds := max(1e-9, time.Since(began).Seconds())
	opt.Observer.Note("%.1f clips a second; the network was busy %.0f %% of the time", float64(report.Views)/seconds, 100*busy.Seconds()/seconds)
	report.Engine, report.Precision, report.Against = open.Engine.Engine, string(open.Engine.Precision), opt.Against
	if report.Agreement != nil {
		opt.store(open, report)
	}
	if opt.Out != "" {
		if err := report.WriteJSON(opt.Out); err != nil {
			return nil, err
		}
	}
	return report, nil
}

// checkPrecisions rejects precisions that are unknown.
func (o *Options) checkPrecisions() error {
	if o.Against != "" && o.Against != string(backend.Float32) && o.Against != string(backend.BFloat16) {
		return jobs.Usagef("--against %q: use %s or %s", o.Against, backend.Float32, backend.BFloat16)
	}
	return networks.CheckPrecision(o.Precision)
}

// store keeps the report's agreement with the checkpoint. A checkpoint that cannot be written to is no error: the report
// has it, too.
func (o *Options) store(open *networks.Measured, report *evaluate.Report) {
	a := checkpoint.Agreement{Kind: open.Engine.Kind(), Precision: report.Precision, Against: report.Against, Agreement: *report.Agreement}
	if err := checkpoint.StoreAgreement(open.Dir, open.Model.Config, a); err != nil {
		o.Observer.Note("the agreement is not stored with the checkpoint: %v", err)
		return
	}
	o.Observer.Note("agreement stored in %s", storage.Join(open.Dir, checkpoint.AgreementFile))
	if err := a.Bounded(); err != nil && a.Against == string(backend.Float32) {
		o.Observer.Note("--precision %s stays %s with this checkpoint: %v", backend.Auto, backend.Float32, err)
	}
}

// clips are the settings of labelled clips; the checkpoint's are added when they are opened.
func (o *Options) clips(use inputs.Use, split string) inputs.ClipSettings {
	return inputs.ClipSettings{Use: use, Split: split, Workers: o.Workers, Limits: o.Limits, Version: o.Version}
}

// calibrate fits the temperature on the validation clips that the options name.
func calibrate(ctx context.Context, how evaluate.Options, opt Options, open *networks.Measured) (temperature float64, err error) {
	data, err := open.LabelledClips(ctx, opt.Calibrate, opt.clips(inputs.ForValidation, ""))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	how.Data, how.Temperature, how.Against = data.Data, 1, nil
	return evaluate.FitTemperature(ctx, how)
}

// Failed is a jobs.RecordsError when videos could not be read, and nil otherwise.
func (o *Options) Failed(report *evaluate.Report) error {
	where := "the report's failures (--out FILE)"
	if o.Out != "" {
		where = o.Out
	}
	return jobs.RecordsFailed(int(report.Unreadable), int(report.Videos), where)
}

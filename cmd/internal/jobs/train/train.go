// Package train is the job of 'padapter train': one training run of a recipe, whose output folder is on this machine or on
// an object store.
package train

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/fit"
	"padapter/manifests/recipe"
	"padapter/manifests/storage"
	"padapter/models/backend"
	training "padapter/models/train"
)

// Options say what is trained. Zero values are the defaults where a field says so.
type Options struct {
	Recipe   *recipe.Recipe
	Sets     fit.Sets // Yield is set by Run
	Backbone string   // checkpoint folder or file that the backbone starts from; empty: random values
	Out      string   // output folder
	Backend  string   // one of backend.Choices
	Devices  string   // that share each batch: as backend.Settings has it

	Resume        bool  // go on from the newest state in Out
	Overwrite     bool  // start over where Out holds a run; without either flag that is an error
	MicroBatch    int   // clips on the device at once; 0: the whole batch
	CacheFeatures int64 // bytes of a frozen backbone's features to keep; 0: none
	SaveEvery     int   // steps between two states, beside those after every epoch; 0: only those
	KeepStates    int   // newest states to keep, at least 1
	LogEvery      int   // steps between two lines of the log, at least 1

	Version  string // of the program
	Observer jobs.Observer
}

// Summary is the result of a run.
type Summary struct {
	*training.Result
	out   string
	clips int
}

// Run trains. Clips that could not be read are in the summary and no error.
func Run(ctx context.Context, opt Options) (summary *Summary, err error) {
	if err := opt.claim(); err != nil {
		return nil, err
	}
	engine, err := fit.OpenEngine(backend.Settings{Engine: opt.Backend, Devices: opt.Devices}, opt.Recipe)
	if err != nil {
		return nil, err
	}
	opt.Observer.Note("backend %s: %s", engine.Engine, engine.Why)
	if engine.Devices > 1 {
		opt.Observer.Note("devices: %d, each with an equal share of every batch", engine.Devices)
	}
	opt.Sets.Yield = engine.OnProcessors()
	data, err := opt.Sets.OpenPair(ctx, opt.Recipe)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	out, saved := opt.Out, func() error { return nil }
	if storage.Remote(out) {
		mirror, err := mirrorRun(out, opt.Resume)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, mirror.close()) }()
		out, saved = mirror.local, mirror.push
	}
	result, err := fit.Run(ctx, fit.Options{
		Recipe: opt.Recipe, Engine: engine, Train: data.Train, Val: data.Val, Backbone: opt.Backbone, Out: out,
		Version: opt.Version, Observer: opt.Observer,
		Adjust: func(o *training.Options) {
			o.MicroBatch, o.FeatureCacheBytes = opt.MicroBatch, opt.CacheFeatures
			o.Resume, o.SaveEvery, o.KeepStates, o.LogEvery = opt.Resume, opt.SaveEvery, opt.KeepStates, opt.LogEvery
			o.Saved = saved
		},
	})
	err = errors.Join(err, saved()) // what comes after the last state, or tells why there is none
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w; 'padapter train … --resume' goes on from here", err)
		}
		return nil, err
	}
	return &Summary{result, opt.Out, data.Train.Len()}, nil
}

// claim refuses an output folder that holds a run, unless that is to be gone on with or to be replaced.
func (o *Options) claim() error {
	if o.Resume || o.Overwrite {
		return nil
	}
	if _, err := storage.Stat(storage.Join(o.Out, training.LogFile)); err == nil {
		return jobs.Usagef("--out %s holds a run already: add --resume to go on with it or --overwrite to start over", o.Out)
	}
	return nil
}

// Failed is a jobs.RecordsError when training clips could not be read, and nil otherwise.
func (s *Summary) Failed() error {
	return jobs.RecordsFailed(int(s.Result.Failed), s.clips, storage.Join(s.out, training.LogFile))
}

// Text is the summary for people.
func (s *Summary) Text() string {
	r := s.Result
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "best epoch\t%d of %d\n", r.BestEpoch, r.Epochs)
	fmt.Fprintf(w, "validation top-1\t%.2f %%\n", 100*r.ValTop1)
	fmt.Fprintf(w, "trained parameters\t%d of %d (%.2f %%)\n", r.TrainedParameters, r.TotalParameters, 100*float64(r.TrainedParameters)/float64(max(r.TotalParameters, 1)))
	fmt.Fprintf(w, "steps\t%d in %.1f s, of which %.1f s waiting for clips\n", r.Steps, r.Seconds, r.WaitSeconds)
	if r.Failed > 0 || r.Unlabelled > 0 {
		fmt.Fprintf(w, "left out\t%d unreadable, %d without a label\n", r.Failed, r.Unlabelled)
	}
	fmt.Fprintf(w, "model\t%s\n", storage.Join(s.out, training.BestDir))
	_ = w.Flush() // a strings.Builder does not fail
	return b.String()
}

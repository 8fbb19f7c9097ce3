package label

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"padapter/cmd/internal/jobs"
	"padapter/models/backend"
	"padapter/models/label"
	"padapter/pipeline"
	"padapter/pipeline/engine/local"
)

// parallel is how many units are under way in this process: one waits for clips while the other computes.
const parallel = 2

// run is one call of Run.
type run struct {
	opt    Options
	job    *job
	ledger string // folder
	kept   int    // inputs that have their rows
	unit   int    // inputs of a unit
	began  time.Time
}

// Run labels the inputs and writes the outputs. When rows have errors it returns the summary and a jobs.RecordsError.
func Run(ctx context.Context, opt Options) (summary *Summary, err error) {
	start := time.Now()
	if err := opt.Check(); err != nil {
		return nil, err
	}
	r, err := open(ctx, opt)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.job.Close()) }()
	r.introduce()
	totals, err := r.label(ctx)
	if err != nil {
		return nil, fmt.Errorf("label %s: %w", opt.Input, err)
	}
	if summary, err = r.publish(ctx); err == nil {
		err = r.tidy()
	}
	if err != nil {
		return nil, err
	}
	summary.Seconds, summary.Counts = time.Since(start).Seconds(), totals.Counts
	summary.Rate = float64(summary.Inputs-summary.Kept) / max(1e-9, time.Since(r.began).Seconds())
	if session := r.job.networks.session; session != nil {
		summary.Busy = session.Busy().Seconds() / max(1e-9, time.Since(r.began).Seconds())
	}
	for _, out := range summary.Outputs {
		if err := jobs.RecordsFailed(int(out.Failed), int(out.Rows), out.Out); err != nil {
			return summary, err
		}
	}
	return summary, nil
}

// introduce says what labels.
func (r *run) introduce() {
	n, note := r.job.networks, r.opt.Observer.Note
	note("backend %s: %s", n.engine.Engine, n.engine.Why)
	if n.engine.Devices > 1 {
		note("devices: %d, each with an equal share of every batch", n.engine.Devices)
	}
	if n.precisionWhy != "" {
		note("precision %s: %s", n.engine.Precision, n.precisionWhy)
	}
	for _, m := range n.models {
		temperature, from := m.Config.TemperatureOr(r.opt.Temperature)
		note("temperature %g: %s", temperature, from)
	}
	if n.session != nil {
		note("batch %d: %s; %d decoders beside the engine's own threads, on %d processors", n.batch, n.batchWhy, r.job.workers, runtime.GOMAXPROCS(0))
	}
	if r.kept > 0 {
		note("%d of %d inputs are labelled already: see %s", r.kept, len(r.job.inputs.list), r.ledger)
	}
}

// label does the units.
func (r *run) label(ctx context.Context) (pipeline.Totals, error) {
	in := r.job.inputs
	total := in.rows(r.opt.Windows != nil)
	stage := r.opt.Observer.Stage("label", total)
	defer stage.Finish()
	before := int64(len(in.list) - len(r.job.work))
	if in.Shards != nil {
		before = total
		for _, t := range r.job.work {
			before -= int64(in.Shards.Index().Shards[t.input].Rows / max(1, in.Job.Views))
		}
	}
	watch := func(t pipeline.Totals) {
		detail := ""
		if failed := int64(t.Errors) + t.UnderWay.Failed; failed > 0 {
			detail = fmt.Sprintf("%d failed", failed)
		}
		stage.Set(before+int64(t.Rows)+t.UnderWay.Done, total, detail)
	}
	engine := r.opt.Engine
	if engine == nil {
		engine = local.Engine{Parallel: parallel}
	}
	return engine.Run(ctx, pipeline.Work{Kind: Kind, Spec: r.job.spec, Job: r.job, Units: r.units(), Watch: watch})
}

// open makes everything ready. Whoever gets no error closes the run's job.
func open(ctx context.Context, opt Options) (_ *run, err error) {
	r := &run{opt: opt, ledger: cmp.Or(opt.Ledger, opt.Outputs[0]+".ledger")}
	j := &job{spec: opt.spec(r.ledger), version: opt.Version, workers: jobs.Workers(opt.Workers)}
	if j.inputs, err = openInputs(ctx, opt); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.Close())
		}
	}()
	going := false // with what a ledger has
	if !opt.Restart {
		var begun label.Job
		if begun, going, err = label.Begun(r.ledger); err != nil {
			return nil, err
		}
		j.spec.Networks.goOn(begun)
	}
	if j.networks, err = openNetworks(j.spec.Networks, opt.Version); err != nil {
		return nil, err
	}
	if err := j.inputs.check(j.networks.clip, &opt); err != nil {
		return nil, err
	}
	j.decoders = opt.Limits.Decoders(j.workers, j.networks.engine.OnProcessors())
	r.job = j
	job := j.describe()
	if !going {
		if job.Agreements, err = r.agreements(ctx); err != nil {
			return nil, fmt.Errorf("measure the agreement of %s with %s: %w", j.networks.engine.Precision, backend.Float32, err)
		}
	}
	if opt.Restart {
		if err := label.RemoveLedger(r.ledger); err != nil {
			return nil, err
		}
	}
	if j.ledger, err = label.OpenLedger(r.ledger, job, j.networks.provenances()); err != nil {
		if errors.Is(err, label.ErrOtherJob) {
			err = fmt.Errorf("%w; go on with those, give another --out or --ledger, or give up what is there with --restart", err)
		}
		return nil, err
	}
	j.spec.Job = j.ledger.Job().Hash()
	r.choose()
	if opt.Engine != nil {
		err = r.hand()
	} else {
		err = j.networks.prepare()
	}
	if err != nil {
		return nil, err
	}
	r.began = time.Now()
	return r, nil
}

// spec is the specification as far as the options decide it.
func (o *Options) spec(ledger string) spec {
	s := spec{
		Networks: networkSpec{
			Checkpoint: o.Checkpoint, Backbone: o.Backbone, Also: o.Also, Backend: o.Backend, Precision: o.Precision, Devices: o.Devices, Batch: o.Batch, TopK: o.TopK,
			Temperature: o.Temperature, Abstain: o.Abstain, Views: o.Views, Crops: o.Crops, Embedding: o.Embedding,
		},
		Windows: o.Windows, Timeout: o.Limits.Timeout, Pixels: o.Limits.MaxPixels, Frames: o.Limits.MaxFrames, Held: o.Limits.MaxHeld, Ledger: ledger,
	}
	if w := o.Windows; w != nil {
		s.Networks.Windows = fmt.Sprintf("%g/%g/%s", w.Length, w.Hop, w.Tail)
	}
	if o.segments() {
		s.Segments = &o.Find
	}
	return s
}

// choose lists what is to be done: inputs without rows, in their order, then those that failed before if they are wanted
// again.
func (r *run) choose() {
	var again []item
	for i, in := range r.job.inputs.list {
		attempt, failed, done := r.job.ledger.Done(in.Content)
		switch {
		case !done:
			r.job.work = append(r.job.work, item{input: i})
		case failed && r.opt.Retry:
			again = append(again, item{input: i, attempt: attempt + 1})
		default:
			r.kept++
		}
	}
	r.job.work = append(r.job.work, again...)
	switch r.unit = r.opt.Unit; {
	case r.job.inputs.Shards != nil:
		r.unit = 1
	case r.unit == 0 && r.opt.Windows != nil:
		r.unit = 16
	case r.unit == 0:
		r.unit = 256
	}
}

// units cuts the list: inputs of a unit are in the same attempt.
func (r *run) units() []pipeline.Unit {
	var units []pipeline.Unit
	for first := 0; first < len(r.job.work); {
		count := 1
		for first+count < len(r.job.work) && count < r.unit && r.job.work[first+count].attempt == r.job.work[first].attempt {
			count++
		}
		units = append(units, pipeline.Unit{Number: len(units), First: first, Count: count})
		first += count
	}
	return units
}

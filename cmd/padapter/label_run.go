package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/ui"
	"padapter/models/label"
	"padapter/pipeline"
	"padapter/pipeline/engine/local"
)

// labelSummary is what a run of label did. Outputs are the networks' in the order of the command line.
type labelSummary struct {
	Outputs  []labelOutput   `json:"outputs"`
	Inputs   int             `json:"inputs"`
	Kept     int             `json:"kept"`    // inputs that had been labelled before
	Changed  int             `json:"changed"` // inputs of which an earlier state is in the ledger
	Removed  int             `json:"removed"` // inputs of the ledger that are no longer among the inputs
	Gone     []string        `json:"removed_ids"`
	Seconds  float64         `json:"seconds"`
	Rate     float64         `json:"inputs_per_second"` // of those labelled now
	Busy     float64         `json:"network_busy"`      // share of the time in which a network was at work
	Counts   pipeline.Counts `json:"counts"`            // of what was decoded now
	Ledger   string          `json:"ledger"`
	Segments string          `json:"segments,omitempty"`
}

// labelOutput counts the rows of one file.
type labelOutput struct {
	Out       string `json:"out"`
	Rows      int64  `json:"rows"`
	Labelled  int64  `json:"labelled"`
	Abstained int64  `json:"abstained"` // of the labelled
	Failed    int64  `json:"failed"`
}

// mostGone is how many inputs that are gone are named.
const mostGone = 100

func runLabel(ctx context.Context, opt labelOptions) (err error) {
	console := ui.From(ctx)
	start := time.Now()
	r, err := openLabelRun(ctx, opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.job.Close()) }()
	defer r.closeEngine()
	console.Note("backend %s: %s", r.job.networks.engine.Engine, r.job.networks.engine.Why)
	for _, m := range r.job.networks.models {
		temperature, from := m.Config.TemperatureOr(opt.temperature)
		console.Note("temperature %g: %s", temperature, from)
	}
	if r.job.networks.session != nil {
		console.Note("batch %d: %s; %d decoders beside the engine's own threads, on %d processors", r.job.networks.batch, r.job.networks.batchWhy, r.job.workers, runtime.GOMAXPROCS(0))
	}
	total := r.job.inputs.rows(opt.windows.length > 0)
	task := console.Start("label", total)
	if r.kept > 0 {
		console.Note("%d of %d inputs are labelled already: see %s", r.kept, len(r.job.inputs.list), r.ledger)
	}
	before := int64(len(r.job.inputs.list) - len(r.job.todo))
	if r.job.inputs.Shards != nil {
		before = total
		for _, t := range r.job.todo {
			before -= int64(r.job.inputs.Shards.Index().Shards[t.input].Rows / max(1, r.job.inputs.Job.Views))
		}
	}
	tally, err := r.engine.Run(ctx, pipeline.Work{Kind: kindLabel, Spec: r.job.spec, Units: r.units(), Do: r.job.Do, Watch: func(t pipeline.Tally) {
		detail := ""
		if failed := int64(t.Errors) + t.UnderWay.Failed; failed > 0 {
			detail = fmt.Sprintf("%d with a reason instead", failed)
		}
		task.Set(before+int64(t.Rows)+t.UnderWay.Done, total, detail)
	}})
	task.Finish()
	if err != nil {
		return fmt.Errorf("label %s: %w", opt.input, err)
	}
	summary, err := r.publish(ctx, opt)
	if err == nil {
		err = r.tidy()
	}
	if err != nil {
		return err
	}
	summary.Seconds, summary.Counts = time.Since(start).Seconds(), tally.Counts
	summary.Rate = float64(summary.Inputs-summary.Kept) / max(1e-9, time.Since(r.began).Seconds())
	if session := r.job.networks.session; session != nil {
		summary.Busy = session.Busy().Seconds() / max(1e-9, time.Since(r.began).Seconds())
	}
	if err := console.Result(summary, summary.text); err != nil {
		return err
	}
	for _, out := range summary.Outputs {
		if err := jobs.RecordsFailed(int(out.Failed), int(out.Rows), out.Out); err != nil {
			return err
		}
	}
	return nil
}

// text is the summary for people.
func (s *labelSummary) text() string {
	var b strings.Builder
	for _, out := range s.Outputs {
		fmt.Fprintf(&b, "%d rows, %d labelled, %d with a reason instead: %s\n", out.Rows, out.Labelled, out.Failed, out.Out)
	}
	if labelled := s.Inputs - s.Kept; labelled > 0 {
		fmt.Fprintf(&b, "  %d inputs labelled now, %.1f a second", labelled, s.Rate)
		if s.Busy > 0 { // in this process
			fmt.Fprintf(&b, "; networks busy %.0f %% of the time", 100*s.Busy)
		}
		b.WriteByte('\n')
	}
	if s.Kept > 0 {
		fmt.Fprintf(&b, "  %d inputs kept from earlier runs (%s)\n", s.Kept, s.Ledger)
	}
	if s.Changed > 0 {
		fmt.Fprintf(&b, "  %d inputs had changed and were labelled anew\n", s.Changed)
	}
	if s.Removed > 0 {
		fmt.Fprintf(&b, "  %d inputs of earlier runs are gone and have no rows: %s\n", s.Removed, abridged(s.Gone, s.Removed))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// abridged names the first few of many.
func abridged(names []string, total int) string {
	const most = 5
	shown := names[:min(most, len(names))]
	text := strings.Join(shown, ", ")
	if total > len(shown) {
		text += fmt.Sprintf(" and %d more", total-len(shown))
	}
	return text
}

// labelRun is one run of the command.
type labelRun struct {
	job    *labelJob
	engine pipeline.Engine
	ledger string // folder

	closeEngine func()
	kept        int // inputs that have their rows
	unit        int // inputs of a unit
	began       time.Time
}

func openLabelRun(ctx context.Context, opt labelOptions) (_ *labelRun, err error) {
	windows, err := opt.windows.sliding()
	if err != nil {
		return nil, err
	}
	_, also, err := opt.outputs()
	if err != nil {
		return nil, err
	}
	r := &labelRun{ledger: cmp.Or(opt.ledger, opt.out+".ledger"), engine: local.Engine{Parallel: 2}, closeEngine: func() {}} // one unit waits for clips while the other computes
	spec := labelSpec{
		Networks: networkSpec{
			Checkpoint: opt.checkpoint, Backbone: opt.backbone, Also: also, Backend: opt.backend, Batch: opt.batch, TopK: opt.topK,
			Temperature: opt.temperature, Abstain: opt.abstain, Views: opt.views, Crops: opt.crops, Embedding: opt.embedding,
		},
		Windows: windows, Timeout: opt.limits.Timeout, Pixels: opt.limits.MaxPixels, Frames: opt.limits.MaxFrames, Held: opt.limits.MaxHeld, Ledger: r.ledger,
	}
	if windows != nil {
		spec.Networks.Windows = fmt.Sprintf("%g/%g/%s", windows.Length, windows.Hop, windows.Tail)
	}
	if opt.windows.wanted() {
		spec.Segments = &opt.windows.find
	}
	job := &labelJob{spec: spec, workers: jobs.Workers(opt.workers)}
	if job.inputs, err = openLabelInputs(ctx, opt.input, opt.split); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, job.Close())
		}
	}()
	if job.networks, err = openNetworks(spec.Networks); err != nil {
		return nil, err
	}
	if err := job.inputs.check(opt.input, job.networks.clip, &opt); err != nil {
		return nil, err
	}
	if opt.restart {
		if err := label.RemoveLedger(r.ledger); err != nil {
			return nil, err
		}
	}
	if job.ledger, err = label.OpenLedger(r.ledger, job.describe(), job.networks.provenances()); err != nil {
		if errors.Is(err, label.ErrOtherJob) {
			err = fmt.Errorf("%w; go on with those, give another --out or --ledger, or give up what is there with --restart", err)
		}
		return nil, err
	}
	job.spec.Job = job.ledger.Job().Hash()
	job.decoders = opt.limits.Decoders(job.workers, job.networks.engine.OnProcessors())
	r.job = job
	r.choose(opt)
	if opt.engine.engine == engineTemporal {
		if err := r.hand(opt.input); err != nil {
			return nil, err
		}
		if r.engine, r.closeEngine, err = opt.engine.open(ctx, 0); err != nil {
			return nil, err
		}
	} else if err := job.networks.prepare(); err != nil {
		return nil, err
	}
	r.began = time.Now()
	return r, nil
}

// describe is all that decides rows, besides the inputs.
func (j *labelJob) describe() label.Job {
	n, spec := j.networks, j.spec
	first := n.targets[0].Provenance
	job := label.Job{Version: versionString(), Settings: map[string]string{
		"clips": first.Clip, "seed": strconv.FormatUint(n.seed, 10), "frames shuffled": strconv.FormatBool(n.shuffle), "backend": first.Engine,
		"top-k": strconv.Itoa(first.TopK), "abstain": seconds(first.Abstain), "embedding": strconv.Itoa(first.Embedding), "window": first.Windows,
	}}
	for i, t := range n.targets {
		name := fmt.Sprintf("network %d", i+1)
		job.Settings[name], job.Settings[name+" temperature"] = t.Provenance.Model, seconds(t.Provenance.Temperature)
	}
	limits := spec.limits()
	job.Settings["limits"] = strings.TrimPrefix(limits.Identity(), "limits ")
	if spec.Segments != nil {
		job.Settings["segments"] = fmt.Sprintf("%+v", *spec.Segments)
	}
	return job
}

func (n *labelNetworks) provenances() []label.Provenance {
	var all []label.Provenance
	for _, t := range n.targets {
		all = append(all, t.Provenance)
	}
	return all
}

// choose lists what is to be done: inputs without rows, in their order, then those that failed before if they are wanted
// again.
func (r *labelRun) choose(opt labelOptions) {
	var again []todo
	for i, in := range r.job.inputs.list {
		attempt, failed, done := r.job.ledger.Done(in.Content)
		switch {
		case !done:
			r.job.todo = append(r.job.todo, todo{input: i})
		case failed && opt.retry:
			again = append(again, todo{input: i, attempt: attempt + 1})
		default:
			r.kept++
		}
	}
	r.job.todo = append(r.job.todo, again...)
	switch r.unit = opt.unit; {
	case r.job.inputs.Shards != nil:
		r.unit = 1
	case r.unit == 0 && opt.windows.length > 0:
		r.unit = 16
	case r.unit == 0:
		r.unit = 256
	}
}

// units cuts the list: inputs of a unit are in the same attempt.
func (r *labelRun) units() []pipeline.Unit {
	var units []pipeline.Unit
	for first := 0; first < len(r.job.todo); {
		count := 1
		for first+count < len(r.job.todo) && count < r.unit && r.job.todo[first+count].attempt == r.job.todo[first].attempt {
			count++
		}
		units = append(units, pipeline.Unit{Number: len(units), First: first, Count: count})
		first += count
	}
	return units
}

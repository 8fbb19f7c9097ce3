package label

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"padapter/cmd/internal/jobs"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/models/backend"
	"padapter/models/feed"
	"padapter/models/label"
	"padapter/models/segment"
	"padapter/pipeline"
	"padapter/pipeline/shard"
	"padapter/sampler"
)

// Kind is the kind of label's work.
const Kind = "label"

// Names of settings of a ledger that a run goes on with where its options leave them open.
const (
	settingBackend = "backend"
	settingBatch   = "batch"
)

// spec is the Spec of label's work: all that another process needs to do its units. Paths must name the same things
// there. What decides rows is in the ledger's job, too.
type spec struct {
	Networks networkSpec      `json:"networks"`
	Windows  *sampler.Sliding `json:"windows,omitempty"`
	Segments *segment.Options `json:"segments,omitempty"` // nil for none
	Timeout  time.Duration    `json:"timeout_ns,omitempty"`
	Pixels   int64            `json:"max_pixels,omitempty"`
	Frames   int64            `json:"max_frames,omitempty"`
	Held     int64            `json:"max_held,omitempty"`
	Ledger   string           `json:"ledger"`
	Job      string           `json:"job"`              // label.Job.Hash of the ledger's
	Todo     string           `json:"todo"`             // manifest of the units' inputs, see workManifest
	Shards   string           `json:"shards,omitempty"` // folder of the shards that the inputs are
	Media    string           `json:"media,omitempty"`  // folder of the shards that the inputs are in
}

func (s *spec) limits() jobs.DecodeLimits {
	return jobs.DecodeLimits{Timeout: s.Timeout, MaxPixels: s.Pixels, MaxFrames: s.Frames, MaxHeld: s.Held}
}

// job is the pipeline.Job of one run.
type job struct {
	spec     spec
	version  string // of the program
	networks *networkSet
	ledger   *label.Ledger
	inputs   *inputList
	work     []item
	decoders *pipeline.Decoders
	workers  int
	files    *source.Mux // of a worker; nil where the inputs have their own
}

// item is an input that is to be labelled.
type item struct {
	input   int // of inputList
	attempt int
}

// Settings is the hash of all that decides rows, besides the inputs.
func (j *job) Settings() string { return j.ledger.Job().Hash() }

// items are those of a unit, and what the ledger knows them by.
func (j *job) items(u pipeline.Unit) (work []item, list []label.Input, err error) {
	if u.First < 0 || u.Count < 1 || u.First+u.Count > len(j.work) {
		return nil, nil, pipeline.Permanent(fmt.Errorf("inputs %d to %d of %d", u.First, u.First+u.Count-1, len(j.work)))
	}
	work = j.work[u.First : u.First+u.Count]
	list = make([]label.Input, len(work))
	for i, t := range work {
		list[i] = j.inputs.list[t.input]
	}
	return work, list, nil
}

// Stored returns the result of a unit whose rows the ledger has.
func (j *job) Stored(_ context.Context, u pipeline.Unit) (pipeline.Result, bool, error) {
	work, list, err := j.items(u)
	if err != nil {
		return pipeline.Result{}, false, err
	}
	rows, failed, ok := j.ledger.Has(list, work[0].attempt)
	return pipeline.Result{Rows: rows, Errors: failed}, ok, nil
}

// Do labels the inputs of one unit.
func (j *job) Do(ctx context.Context, u pipeline.Unit, report func(pipeline.Progress)) (result pipeline.Result, err error) {
	work, list, err := j.items(u)
	if err != nil {
		return result, err
	}
	part, err := j.ledger.Create(list, work[0].attempt)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, part.Abort()) }()
	stats := new(pipeline.Stats)
	sort, err := j.newSorter(part, list)
	if err != nil {
		return result, err
	}
	done, failed := int64(0), int64(0)
	err = j.networks.session.Label(ctx, j.clips(work, stats), func(rows []label.Scored) error {
		done++
		if rows[0].Row.Error != "" {
			failed++
		}
		return sort.add(rows)
	}, func(int64) { report(pipeline.Progress{Done: done, Failed: failed}) })
	if err == nil {
		err = sort.end()
	}
	if err != nil {
		return result, err
	}
	result.Rows, result.Errors, err = part.Commit()
	result.Counts = stats.Counts()
	return result, err
}

// clips are those of a unit.
func (j *job) clips(work []item, stats *pipeline.Stats) feed.Data {
	if j.inputs.Shards != nil {
		return &pipeline.Shards{Set: j.inputs.shard(work[0].input), Order: shard.Order{}, Stats: stats}
	}
	numbers := make([]int, len(work))
	for i, t := range work {
		numbers[i] = t.input
	}
	whole := j.whole(numbers, j.ledger.Job().Version, stats)
	if j.spec.Windows != nil {
		return &pipeline.SlidingWindowData{Manifest: whole.Manifest, Source: whole.Source, Clip: whole.Clip, Windows: *j.spec.Windows, Options: whole.Options}
	}
	return whole
}

// whole is the clips of whole videos, the records of the given numbers.
func (j *job) whole(numbers []int, version string, stats *pipeline.Stats) *pipeline.Manifest {
	man := *j.inputs.Manifest
	man.Records = make([]manifests.Record, len(numbers))
	for i, number := range numbers {
		man.Records[i] = j.inputs.Manifest.Records[number]
	}
	clip := j.networks.clip
	return &pipeline.Manifest{Manifest: &man, Source: j.inputs.Source, Clip: clip, Options: pipeline.Options{
		Workers: j.workers, Seed: j.networks.seed, Views: clip.Views(), Timeout: j.spec.Timeout, Decoders: j.decoders, Version: version, Stats: stats,
	}}
}

// Close frees everything.
func (j *job) Close() error {
	var errs []error
	if j.decoders != nil {
		errs = append(errs, j.decoders.Close())
	}
	if j.networks != nil {
		j.networks.Close()
	}
	if j.ledger != nil {
		errs = append(errs, j.ledger.Close())
	}
	return errors.Join(append(errs, j.inputs.Close(), j.files.Close())...)
}

// describe is all that decides rows, besides the inputs.
func (j *job) describe() label.Job {
	n, spec := j.networks, j.spec
	first := n.targets[0].Provenance
	job := label.Job{Version: j.version, Settings: map[string]string{
		"clips": first.Clip, "seed": strconv.FormatUint(n.seed, 10), "frames shuffled": strconv.FormatBool(n.shuffle), settingBackend: first.Engine,
		"top-k": strconv.Itoa(first.TopK), "abstain": seconds(first.Abstain), "embedding": strconv.Itoa(first.Embedding), "window": first.Windows,
	}}
	if n.engine.Precision != backend.Float32 { // the logits of these depend on how many clips are computed together
		if n.engine.Devices > 1 {
			job.Settings["devices"] = strconv.Itoa(n.engine.Devices)
		}
		job.Settings[label.SettingPrecision], job.Settings[settingBatch] = first.Precision, strconv.Itoa(n.batch)
	}
	for i, t := range n.targets {
		name := fmt.Sprintf("network %d", i+1)
		job.Settings[name], job.Settings[name+" temperature"] = t.Provenance.Model, seconds(t.Provenance.Temperature)
	}
	limits := spec.limits()
	job.Settings["limits"] = strings.TrimPrefix(limits.Identity(), "limits ")
	if spec.Segments != nil {
		f := spec.Segments // by the names that ledgers know, whatever the fields are called
		job.Settings["segments"] = fmt.Sprintf("{On:%v Off:%v MinLength:%v JoinGap:%v Meet:%v}", f.On, f.Off, f.MinLengthSeconds, f.JoinGapSeconds, f.CloseGapSeconds)
	}
	return job
}

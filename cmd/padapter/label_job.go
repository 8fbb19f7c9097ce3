package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"padapter/cmd/internal/jobs"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/models/feed"
	"padapter/models/label"
	"padapter/models/segment"
	"padapter/pipeline"
	"padapter/pipeline/shard"
	"padapter/sampler"
)

// kindLabel is the kind of label's work.
const kindLabel = "label"

// labelSpec is the Spec of label's work: all that another process needs to do its units. Paths must name the same things
// there. What decides rows is in the ledger's job, too.
type labelSpec struct {
	Networks networkSpec      `json:"networks"`
	Windows  *sampler.Sliding `json:"windows,omitempty"`
	Segments *segment.Options `json:"segments,omitempty"` // nil for none
	Timeout  time.Duration    `json:"timeout_ns,omitempty"`
	Pixels   int64            `json:"max_pixels,omitempty"`
	Frames   int64            `json:"max_frames,omitempty"`
	Held     int64            `json:"max_held,omitempty"`
	Ledger   string           `json:"ledger"`
	Job      string           `json:"job"`              // label.Job.Hash of the ledger's
	Todo     string           `json:"todo"`             // manifest of the units' inputs, see writeTodo
	Shards   string           `json:"shards,omitempty"` // folder of the shards that the inputs are
	Media    string           `json:"media,omitempty"`  // folder of the shards that the inputs are in
}

func (s *labelSpec) limits() jobs.DecodeLimits {
	return jobs.DecodeLimits{Timeout: s.Timeout, MaxPixels: s.Pixels, MaxFrames: s.Frames, MaxHeld: s.Held}
}

// labelJob does units of one label run: several at once if asked to.
type labelJob struct {
	spec     labelSpec
	networks *labelNetworks
	ledger   *label.Ledger
	inputs   *labelInputs
	todo     []todo
	decoders *pipeline.Decoders
	workers  int
	files    *source.Mux // of a worker; nil where the inputs have their own
}

// todo is an input that is to be labelled.
type todo struct {
	input   int // of labelInputs
	attempt int
}

// Do labels the inputs of one unit, unless they have their part.
func (j *labelJob) Do(ctx context.Context, u pipeline.Unit, report func(pipeline.Progress)) (result pipeline.Result, err error) {
	if u.First < 0 || u.Count < 1 || u.First+u.Count > len(j.todo) {
		return result, pipeline.Permanent(fmt.Errorf("inputs %d to %d of %d", u.First, u.First+u.Count-1, len(j.todo)))
	}
	work := j.todo[u.First : u.First+u.Count]
	list := make([]label.Input, len(work))
	for i, t := range work {
		list[i] = j.inputs.list[t.input]
	}
	if rows, failed, ok := j.ledger.Has(list, work[0].attempt); ok {
		return pipeline.Result{Rows: rows, Errors: failed, Kept: true}, nil
	}
	part, err := j.ledger.Create(list, work[0].attempt)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, part.Discard()) }()
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
	result.Rows, result.Errors, err = part.Publish()
	result.Counts = stats.Counts()
	return result, err
}

// clips are those of a unit.
func (j *labelJob) clips(work []todo, stats *pipeline.Stats) feed.Data {
	if j.inputs.Shards != nil {
		return &pipeline.Shards{Set: j.inputs.shard(work[0].input), Order: shard.Order{}, Stats: stats}
	}
	man := *j.inputs.Manifest
	man.Records = make([]manifests.Record, len(work))
	for i, t := range work {
		man.Records[i] = j.inputs.Manifest.Records[t.input]
	}
	clip := j.networks.clip
	opt := pipeline.Options{
		Workers: j.workers, Seed: j.networks.seed, Views: clip.Views(), Timeout: j.spec.Timeout, Decoders: j.decoders, Version: j.ledger.Job().Version, Stats: stats,
	}
	if j.spec.Windows != nil {
		return &pipeline.Windowed{Manifest: &man, Source: j.inputs.Source, Clip: clip, Windows: *j.spec.Windows, Options: opt}
	}
	return &pipeline.Manifest{Manifest: &man, Source: j.inputs.Source, Clip: clip, Options: opt}
}

// Close frees everything.
func (j *labelJob) Close() error {
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

package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline/batch"
	"padapter/pipeline/media"
	"padapter/pipeline/shard"
)

// KindPreprocess is the kind of Preprocess's work.
const KindPreprocess = "preprocess"

// ManifestFile says how a manifest was read, for processes that read it themselves.
type ManifestFile struct {
	Path  string `json:"path"`
	Split string `json:"split,omitempty"` // only this split was taken
	Root  string `json:"root,omitempty"`  // the records' paths start here instead of at the manifest's root
}

// PreprocessSpec is the Spec of Preprocess's work. Everything else is in the folder, on storage that all processes share;
// paths must name the same things on every machine.
type PreprocessSpec struct {
	File ManifestFile `json:"manifest"`
	Out  string       `json:"out"`
	Job  string       `json:"job"` // shard.Job.Hash of the folder's job
}

func (p *preprocess) spec() PreprocessSpec {
	return PreprocessSpec{File: p.opt.File, Out: p.opt.Out, Job: p.builder.settings}
}

// ShardBuilder is the Job of one Preprocess.
type ShardBuilder struct {
	settings string // hash of the job
	out      string
	job      shard.Job
	records  *manifests.Spool
	source   source.Source
	opt      Options
	pixels   *batch.Pool // memory of batches of clips
}

// keptPixels is how much memory of batches is kept for the next ones: that of two shards under way, each with a batch
// that is filled, one that waits and one that is written.
const keptPixels = 128 << 20

func newShardBuilder(job shard.Job, out string, records *manifests.Spool, src source.Source, opt Options) (*ShardBuilder, error) {
	settings, err := job.Hash()
	if err != nil {
		return nil, fmt.Errorf("preprocess: %w", err)
	}
	opt.Version = job.Version
	opt.Decoders = NewDecoders(opt.Workers, DecodersOptions{Decoder: opt.Decoder, Isolate: opt.Isolate})
	return &ShardBuilder{settings: settings, out: out, job: job, records: records, source: src, opt: opt, pixels: batch.NewPool(opt.Memory, keptPixels)}, nil
}

// OpenShardBuilder is for a process that does units of a Preprocess that another process began. The records must be those
// of the manifest that the specification names, read as it says; of opt, Workers, Memory, Isolate and Decoder.Measure count, all else is the
// job's. The builder is to be closed; records and source stay the caller's.
func OpenShardBuilder(spec PreprocessSpec, records *manifests.Spool, src source.Source, opt Options) (*ShardBuilder, error) {
	job, err := shard.Join(spec.Out, spec.Job)
	if err != nil {
		if errors.Is(err, shard.ErrOtherJob) {
			err = Permanent(err)
		}
		return nil, fmt.Errorf("preprocess: %w", err)
	}
	if got := records.Hash(); got != job.ManifestHash {
		return nil, Permanent(fmt.Errorf("preprocess: manifest %s has changed since the job began (%.12s… then, %.12s… now): begin another job, into another folder", spec.File.Path, job.ManifestHash, got))
	}
	opt, err = Options{
		Workers: opt.Workers, Memory: opt.Memory, Seed: job.Seed, Epoch: job.Epoch, Training: job.Training, Views: job.Views, Timeout: job.Timeout, Isolate: opt.Isolate,
		Decoder: decode.Options{MaxPixels: job.MaxPixels, MaxFrames: job.MaxFrames, Measure: opt.Decoder.Measure},
	}.withDefaults(job.Clip)
	if err != nil {
		return nil, Permanent(err)
	}
	if job.Content != "" {
		return newShardBuilder(job, spec.Out, records, src, opt)
	}
	if _, err := newRowDecoder(src, job.Clip, records.Head().Classes, opt); err != nil {
		return nil, Permanent(fmt.Errorf("preprocess: the job's recipe: %w", err))
	}
	return newShardBuilder(job, spec.Out, records, src, opt)
}

// Close frees what the builder holds, after its last unit.
func (m *ShardBuilder) Close() error {
	m.pixels.Drain()
	return m.opt.Decoders.Close()
}

// Settings is the hash of the folder's job.
func (m *ShardBuilder) Settings() string { return m.settings }

// Stored returns the result of a shard that the folder has, whole.
func (m *ShardBuilder) Stored(ctx context.Context, u Unit) (Result, bool, error) {
	if n := m.job.Shards(); u.Number < 0 || u.Number >= n {
		return Result{}, false, Permanent(fmt.Errorf("shard %d: the job has %d", u.Number, n))
	}
	entry, ok, err := shard.Kept(ctx, m.out, m.job, u.Number)
	if err != nil || !ok {
		return Result{}, false, err
	}
	return resultOf(entry, new(Stats)), true, nil
}

// Do makes one shard.
func (m *ShardBuilder) Do(ctx context.Context, u Unit, report func(Progress)) (Result, error) {
	stats := new(Stats)
	entry, err := m.write(ctx, u, stats, report)
	if err != nil {
		return Result{}, err
	}
	return resultOf(entry, stats), nil
}

func resultOf(entry shard.Entry, stats *Stats) Result {
	return Result{Rows: entry.Rows, Errors: entry.Errors, Bytes: entry.Bytes, Counts: stats.Counts()}
}

// unit is a manifest of one shard's records.
func (m *ShardBuilder) unit(u Unit) (*manifests.Manifest, error) {
	first := u.Number * m.job.ShardRecords
	return m.records.Range(first, min(m.job.ShardRecords, m.job.Records-first))
}

// write makes one shard.
func (m *ShardBuilder) write(ctx context.Context, u Unit, stats *Stats, report func(Progress)) (entry shard.Entry, err error) {
	if m.job.Content != "" {
		return m.writeMedia(ctx, u, stats, report)
	}
	man, err := m.unit(u)
	if err != nil {
		return entry, err
	}
	opt := m.opt
	opt.SkipRows, opt.Order = 0, nil
	opt.BatchRows, opt.BatchBytes = m.job.BatchRows, 1<<62
	opt.Progress, opt.Stats, opt.Memory = report, stats, m.pixels
	w, err := shard.Create(ctx, m.out, m.job, u.Number, batch.Schema(metaOf(man, m.job.Clip, opt)))
	if err != nil {
		return entry, err
	}
	defer func() { err = errors.Join(err, w.Abort()) }()
	if err := Clips(ctx, man, m.source, m.job.Clip, opt, func(record arrow.Record) error { return w.Write(record) }); err != nil {
		return entry, err
	}
	return w.Commit()
}

// writeMedia makes one shard of encoded records.
func (m *ShardBuilder) writeMedia(ctx context.Context, u Unit, stats *Stats, report func(Progress)) (entry shard.Entry, err error) {
	man, err := m.unit(u)
	if err != nil {
		return entry, err
	}
	schema, err := media.Schema(media.Meta{Content: m.job.Content, Classes: man.Classes, Version: m.job.Version})
	if err != nil {
		return entry, err
	}
	w, err := shard.Create(ctx, m.out, m.job, u.Number, schema)
	if err != nil {
		return entry, err
	}
	defer func() { err = errors.Join(err, w.Abort()) }()
	if err := m.pack(ctx, man, schema, stats, report, w.Write); err != nil {
		return entry, err
	}
	return w.Commit()
}

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
	"padapter/pipeline/shard"
)

// PreprocessOptions say what to write where.
type PreprocessOptions struct {
	Options // Order and SkipRows are not used; Progress counts rows, those of kept shards included

	Manifest *manifests.Manifest
	Source   source.Source
	Clip     recipe.Clip
	Out      string // folder

	ShardRecords int    // records of a shard; 0 stands for as many as make about 256 MiB of pixels
	Files        string // one of shard.Files; empty stands for Arrow
	Compression  string // one of shard.Compressions that the files take; empty stands for "none"
	Shard        int    // with Shards > 1: do only the shards whose number leaves this remainder
	Shards       int    // jobs that share the work; 0 stands for 1
	Engine       Engine // where units run
}

// Summary is what Preprocess did.
type Summary struct {
	Out      string  `json:"out"`
	Complete bool    `json:"complete"` // every shard is there and the index is written
	Rows     int     `json:"rows"`     // of this job's shards
	Errors   int     `json:"errors"`   // rows with an error
	Bytes    int64   `json:"bytes"`    // of this job's shards
	Kept     int     `json:"kept"`     // shards that were there
	Made     int     `json:"made"`     // shards that were written
	Seconds  float64 `json:"seconds"`
	Counts   Counts  `json:"counts"` // of the shards that were written
}

// shardBytes is about how many bytes of pixels a shard has by default.
const shardBytes = 256 << 20

// Preprocess writes a manifest's clips as a folder of shards (docs/formats/shard.md). Running it again goes on: shards
// that are there and whole are kept. A folder of another manifest, recipe or other settings is refused. What the folder
// holds in the end depends neither on workers nor on interruptions, nor on how many jobs shared the work.
func Preprocess(ctx context.Context, opt PreprocessOptions) (Summary, error) {
	start := time.Now()
	p, err := newPreprocess(opt)
	if err != nil {
		return Summary{}, err
	}
	defer func() { p.opt.Decoders.Close() }() // it has no error to give
	if err := opt.Engine.Run(ctx, p.units(), p.unit); err != nil {
		return p.finished(start), fmt.Errorf("preprocess to %s: %w", opt.Out, err)
	}
	if p.shards == 1 {
		if err := shard.Sweep(opt.Out); err != nil {
			return p.finished(start), err
		}
	}
	_, p.summary.Complete, err = shard.Finish(opt.Out, p.job)
	return p.finished(start), err
}

// preprocess is one call. Its methods may run for several units at once.
type preprocess struct {
	opt    PreprocessOptions
	shards int
	job    shard.Job

	mu       sync.Mutex
	summary  Summary
	progress Progress
	within   map[int]Progress // of units under way
}

func newPreprocess(opt PreprocessOptions) (*preprocess, error) {
	var err error
	if opt.Options, err = opt.withDefaults(opt.Clip); err != nil {
		return nil, err
	}
	if opt.Manifest == nil || opt.Source == nil || opt.Engine == nil || opt.Out == "" {
		return nil, errors.New("preprocess: manifest, source, engine and output folder are all needed")
	}
	p := &preprocess{opt: opt, shards: max(1, opt.Shards), within: map[int]Progress{}}
	if opt.Shards < 0 || opt.Shard < 0 || opt.Shard >= p.shards {
		return nil, fmt.Errorf("preprocess: shard %d of %d: count from 0", opt.Shard, opt.Shards)
	}
	if opt.ShardRecords < 0 {
		return nil, fmt.Errorf("preprocess: %d records in a shard: use 0 for the default or a positive number", opt.ShardRecords)
	}
	if _, err := newMaker(opt.Source, opt.Clip, opt.Manifest.Classes, opt.Options); err != nil {
		return nil, fmt.Errorf("preprocess: %w", err)
	}
	meta := MetaOf(opt.Manifest, opt.Clip, opt.Options)
	if err := meta.Shape.Validate(); err != nil {
		return nil, fmt.Errorf("preprocess: %w", err)
	}
	records := opt.ShardRecords
	if records == 0 {
		records = max(1, shardBytes/(meta.Shape.Bytes()*opt.Views))
	}
	if opt.Compression == "" {
		opt.Compression = "none"
	}
	if opt.Files == shard.Arrow {
		opt.Files = "" // as a job says it
	}
	p.job, err = shard.Begin(opt.Out, shard.Job{
		Version: opt.Version, ManifestHash: opt.Manifest.Hash(), RecipeHash: meta.RecipeHash, Clip: opt.Clip,
		Classes: append([]string{}, opt.Manifest.Classes...), Seed: opt.Seed, Epoch: opt.Epoch, Training: opt.Training, Views: opt.Views,
		Records: len(opt.Manifest.Records), ShardRecords: records, BatchRows: opt.rows(meta.Shape), Compression: opt.Compression, Files: opt.Files,
		Timeout: opt.Timeout, MaxPixels: opt.Decoder.MaxPixels, MaxFrames: opt.Decoder.MaxFrames,
	})
	if err != nil {
		return nil, err
	}
	p.opt.Version = p.job.Version
	if p.opt.Stats == nil {
		p.opt.Stats = new(Stats)
	}
	p.opt.Decoders = NewDecoders(opt.Workers, opt.Decoder)
	return p, nil
}

// units are the shards of this job.
func (p *preprocess) units() []Unit {
	var units []Unit
	for number := range p.job.Shards() {
		if number%p.shards == p.opt.Shard {
			first := number * p.job.ShardRecords
			units = append(units, Unit{Number: number, First: first, Count: min(p.job.ShardRecords, p.job.Records-first)})
			p.progress.Total += int64(p.job.Rows(number))
		}
	}
	return units
}

// unit keeps or makes one shard.
func (p *preprocess) unit(ctx context.Context, u Unit) error {
	entry, kept, err := shard.Kept(ctx, p.opt.Out, p.job, u.Number)
	if err != nil {
		return err
	}
	if !kept {
		if entry, err = p.write(ctx, u); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.summary.Rows += entry.Rows
	p.summary.Errors += entry.Errors
	p.summary.Bytes += entry.Bytes
	if kept {
		p.summary.Kept++
	} else {
		p.summary.Made++
	}
	delete(p.within, u.Number)
	p.progress.Done += int64(entry.Rows)
	p.progress.Failed += int64(entry.Errors)
	p.report()
	return nil
}

// write makes one shard.
func (p *preprocess) write(ctx context.Context, u Unit) (entry shard.Entry, err error) {
	opt := p.opt.Options
	opt.SkipRows, opt.Order = 0, make([]int, u.Count)
	for i := range opt.Order {
		opt.Order[i] = u.First + i
	}
	opt.BatchRows, opt.BatchBytes = p.job.BatchRows, 1<<62
	opt.Progress = func(now Progress) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.within[u.Number] = now
		p.report()
	}
	w, err := shard.Create(p.opt.Out, p.job, u.Number, batch.Schema(MetaOf(p.opt.Manifest, p.opt.Clip, opt)))
	if err != nil {
		return entry, err
	}
	defer func() { err = errors.Join(err, w.Discard()) }()
	if err := Clips(ctx, p.opt.Manifest, p.opt.Source, p.opt.Clip, opt, func(record arrow.Record) error { return w.Write(record) }); err != nil {
		return entry, err
	}
	return w.Publish()
}

// report needs p.mu held.
func (p *preprocess) report() {
	if p.opt.Progress == nil {
		return
	}
	sum := p.progress
	for _, now := range p.within {
		sum.Done += now.Done
		sum.Failed += now.Failed
	}
	p.opt.Progress(sum)
}

func (p *preprocess) finished(start time.Time) Summary {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.summary
	s.Out, s.Seconds, s.Counts = p.opt.Out, time.Since(start).Seconds(), p.opt.Stats.Counts()
	return s
}

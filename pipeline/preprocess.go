package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline/media"
	"padapter/pipeline/shard"
)

// PreprocessOptions say what to write where.
type PreprocessOptions struct {
	Options // Order and SkipRows are not used; Progress counts rows, those of kept shards included

	Records *manifests.Spool // stays the caller's
	Source  source.Source
	Clip    recipe.Clip
	Out     string // folder

	ShardRecords int                        // records of a shard; 0 stands for as many as make about 256 MiB of pixels
	Content      string                     // what rows hold: Fixed, media.Frames or media.Original; empty stands for Fixed
	ShortSide    int                        // of media.Frames: pixels of the pictures' short side; 0 keeps the size
	FPS          float64                    // of media.Frames: pictures a second; 0 keeps all
	Quality      int                        // of media.Frames: the JPEG quantizer, 1 (best) to 31; 0 stands for 4
	Files        string                     // one of shard.Files; empty stands for Arrow
	Compression  string                     // one of shard.Compressions that the files take; empty stands for "none"
	Shard        int                        // with Shards > 1: do only the shards whose number leaves this remainder
	Shards       int                        // jobs that share the work; 0 stands for 1
	Engine       Engine                     // where units run
	Watch        func(t Totals, rows int64) // told like Progress, of more; rows is their number in the end; may be nil
	File         ManifestFile               // where other processes find the manifest; engines that run units in this process need none
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

// Fixed is the content of clips, chosen and decoded.
const Fixed = "clips"

// shardBytes is about how many bytes of pixels a shard has by default.
const shardBytes = 256 << 20

// batchBytes is the most bytes of pixels of a record batch by default. Shards under way have two each, which should
// stay in the processor's cache.
const batchBytes = 8 << 20

// Preprocess writes a manifest's clips as a folder of shards (docs/reference/formats/shard.md). Running it again goes on: shards
// that are there and whole are kept. A folder of another manifest, recipe or other settings is refused. What the folder
// holds in the end depends neither on workers nor on interruptions, nor on the engine or on how many jobs shared the work.
func Preprocess(ctx context.Context, opt PreprocessOptions) (Summary, error) {
	start := time.Now()
	p, err := newPreprocess(opt)
	if err != nil {
		return Summary{}, err
	}
	defer func() { p.builder.Close() }() // it has no error to give
	err = p.run(ctx)
	p.opt.Stats.merge(p.totals.Counts)
	return p.finished(start), err
}

// run does the units and, once all are done, writes the index.
func (p *preprocess) run(ctx context.Context) (err error) {
	work := Work{Kind: KindPreprocess, Spec: p.spec(), Units: p.units(), Job: p.builder, Watch: p.watch}
	if p.totals, err = p.opt.Engine.Run(ctx, work); err != nil {
		return fmt.Errorf("preprocess to %s: %w", p.opt.Out, err)
	}
	if p.shards == 1 {
		if err := shard.Sweep(p.opt.Out); err != nil {
			return err
		}
	}
	_, p.complete, err = shard.Finish(p.opt.Out, p.builder.job)
	return err
}

// preprocess is one call.
type preprocess struct {
	opt      PreprocessOptions
	shards   int
	builder  *ShardBuilder
	total    int64 // rows
	totals   Totals
	complete bool
}

func newPreprocess(opt PreprocessOptions) (*preprocess, error) {
	if opt.BatchBytes == 0 {
		opt.BatchBytes = batchBytes
	}
	var err error
	if opt.Options, err = opt.withDefaults(opt.Clip); err != nil {
		return nil, err
	}
	if opt.Records == nil || opt.Source == nil || opt.Engine == nil || opt.Out == "" {
		return nil, errors.New("preprocess: records, source, engine and output folder are all needed")
	}
	p := &preprocess{opt: opt, shards: max(1, opt.Shards)}
	if opt.Shards < 0 || opt.Shard < 0 || opt.Shard >= p.shards {
		return nil, fmt.Errorf("preprocess: shard %d of %d: count from 0", opt.Shard, opt.Shards)
	}
	if opt.ShardRecords < 0 {
		return nil, fmt.Errorf("preprocess: %d records in a shard: use 0 for the default or a positive number", opt.ShardRecords)
	}
	if opt.Compression == "" {
		opt.Compression = "none"
	}
	if opt.Files == shard.Arrow {
		opt.Files = "" // as a job says it
	}
	job, err := opt.job()
	if err != nil {
		return nil, fmt.Errorf("preprocess: %w", err)
	}
	if job, err = shard.Begin(opt.Out, job); err != nil {
		return nil, err
	}
	p.builder, err = newShardBuilder(job, opt.Out, opt.Records, opt.Source, opt.Options)
	return p, err
}

// job is what decides the folder's bytes.
func (opt *PreprocessOptions) job() (shard.Job, error) {
	head := opt.Records.Head()
	job := shard.Job{
		Version: opt.Version, ManifestHash: opt.Records.Hash(), Classes: append([]string{}, head.Classes...), Views: 1,
		Records: opt.Records.Len(), BatchRows: opt.BatchRows, Compression: opt.Compression, Files: opt.Files, Splits: opt.Records.Splits(),
		Timeout: opt.Timeout, MaxPixels: opt.Decoder.MaxPixels, MaxFrames: opt.Decoder.MaxFrames,
	}
	if slices.Equal(job.Splits, []string{""}) {
		job.Splits = nil
	}
	switch {
	case opt.Content == media.Frames || opt.Content == media.Original:
		if opt.ShortSide < 0 || !(opt.FPS >= 0 && opt.FPS <= 1000) || opt.Quality < 0 || opt.Quality > 31 {
			return job, fmt.Errorf("short side %d, %g frames a second, quality %d: use 0 for the default, or a positive side, up to 1000 frames and a quality of 1 to 31", opt.ShortSide, opt.FPS, opt.Quality)
		}
		return mediaJob(job, *opt), nil
	case opt.Content != "" && opt.Content != Fixed:
		return job, fmt.Errorf("content %q: use %s, %s or %s", opt.Content, Fixed, media.Frames, media.Original)
	}
	if _, err := newRowDecoder(opt.Source, opt.Clip, head.Classes, opt.Options); err != nil {
		return job, err
	}
	meta := metaOf(head, opt.Clip, opt.Options)
	if err := meta.Shape.Validate(); err != nil {
		return job, err
	}
	if job.ShardRecords = opt.ShardRecords; job.ShardRecords == 0 {
		job.ShardRecords = max(1, shardBytes/(meta.Shape.Bytes()*opt.Views))
	}
	job.RecipeHash, job.Clip, job.BatchRows = meta.RecipeHash, opt.Clip, opt.rows(meta.Shape)
	job.Seed, job.Epoch, job.Training, job.Views = opt.Seed, opt.Epoch, opt.Training, opt.Views
	return job, nil
}

// units are the shards of this job.
func (p *preprocess) units() []Unit {
	var units []Unit
	job := p.builder.job
	for number := range job.Shards() {
		if number%p.shards == p.opt.Shard {
			first := number * job.ShardRecords
			units = append(units, Unit{Number: number, First: first, Count: min(job.ShardRecords, job.Records-first)})
			p.total += int64(job.Rows(number))
		}
	}
	return units
}

// watch reports what has been done.
func (p *preprocess) watch(t Totals) {
	if p.opt.Watch != nil {
		p.opt.Watch(t, p.total)
	}
	if p.opt.Progress != nil {
		p.opt.Progress(Progress{Done: int64(t.Rows) + t.UnderWay.Done, Failed: int64(t.Errors) + t.UnderWay.Failed, Total: p.total})
	}
}

func (p *preprocess) finished(start time.Time) Summary {
	t := p.totals
	if t.Counts.Errors == nil {
		t.Counts.Errors = map[string]int64{}
	}
	return Summary{
		Out: p.opt.Out, Complete: p.complete, Rows: t.Rows, Errors: t.Errors, Bytes: t.Bytes, Kept: t.Kept, Made: t.Made,
		Seconds: time.Since(start).Seconds(), Counts: t.Counts,
	}
}

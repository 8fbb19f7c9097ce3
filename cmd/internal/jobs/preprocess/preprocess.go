// Package preprocess decodes a manifest's clips once, into a folder of shards.
package preprocess

import (
	"context"
	"fmt"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests/recipe"
	"padapter/pipeline"
	"padapter/pipeline/engine/local"
	"padapter/pipeline/media"
	"padapter/pipeline/metrics"
)

// parallel is how many shards are under way in this process: one is finished and synced while the other decodes.
const parallel = 2

// Run writes the shards. When rows have errors it returns the summary and a jobs.RecordsError.
func Run(ctx context.Context, opt Options) (summary *Summary, err error) {
	if err := opt.Check(); err != nil {
		return nil, err
	}
	r := new(recipe.Recipe)
	if opt.Recipe != "" {
		if r, err = recipe.Load(opt.Recipe); err != nil {
			return nil, err
		}
	}
	if opt.Content == media.Frames && opt.ShortSide == 0 {
		opt.ShortSide = r.Clip.ShortSide
	}
	records, err := inputs.Spool(opt.Manifest, opt.Split, opt.Windows)
	if err != nil {
		return nil, err
	}
	defer records.Close()
	if records.Len() == 0 {
		return nil, jobs.Usagef("%s has no records (--split %q)", opt.Manifest, opt.Split)
	}
	if opt.Root == "" {
		opt.Root = records.Head().Root
	}
	if err := opt.place(); err != nil {
		return nil, err
	}
	files, err := source.Open(ctx, opt.Root)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	var exporter metrics.Exporter
	if opt.MetricsAddress != "" {
		address, stop, err := exporter.Serve(opt.MetricsAddress)
		if err != nil {
			return nil, err
		}
		defer func() { _ = stop() }() // what it reported is in the summary
		opt.Observer.Note("metrics at http://%s/metrics", address)
	}
	stage := opt.Observer.Stage("preprocess", int64(records.Len()*max(1, opt.Views)))
	work := opt.work(r)
	work.Records, work.Source, work.Watch = records, files, exporter.Set
	work.Progress = func(p pipeline.Progress) {
		detail := ""
		if p.Failed > 0 {
			detail = fmt.Sprintf("%d with errors", p.Failed)
		}
		stage.Set(p.Done, p.Total, detail)
	}
	done, err := pipeline.Preprocess(ctx, work)
	stage.Finish()
	if err != nil {
		return nil, err
	}
	return &Summary{done}, jobs.RecordsFailed(done.Errors, done.Rows, opt.Out)
}

// place makes the paths such that workers elsewhere may be told them.
func (o *Options) place() error {
	for _, path := range []*string{&o.Manifest, &o.Out, &o.Root} {
		whole, err := jobs.Absolute(*path)
		if err != nil {
			return err
		}
		if o.Engine != nil {
			*path = whole
		}
	}
	return nil
}

// work is what the pipeline is asked for.
func (o *Options) work(r *recipe.Recipe) pipeline.PreprocessOptions {
	seed := r.Train.Seed
	if o.Seed != nil {
		seed = *o.Seed
	}
	decoder := o.Limits.Decoder()
	decoder.Measure = decode.WallClock
	engine := o.Engine
	if engine == nil {
		engine = local.Engine{Parallel: parallel}
	}
	return pipeline.PreprocessOptions{
		Options: pipeline.Options{
			Workers: jobs.Workers(o.Workers), Seed: seed, Epoch: o.Epoch, Training: o.Training, Views: o.Views, Timeout: o.Limits.Timeout,
			Decoder: decoder, Isolate: o.Limits.Isolate, Version: o.Version,
		},
		Clip: r.Clip, Out: o.Out, Content: o.Content, ShortSide: o.ShortSide, FPS: o.FPS, Quality: o.Quality,
		ShardRecords: o.ShardRecords, Files: o.Files, Compression: o.Compression, Shard: o.Part, Shards: o.Parts,
		Engine: engine, File: pipeline.ManifestFile{Path: o.Manifest, Split: o.Split, Root: o.Root},
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/manifests/storage"
	"padapter/models/feed"
	"padapter/pipeline"
	"padapter/pipeline/shard"
)

// clipSettings say how clips are made of what a path holds.
type clipSettings struct {
	clip     recipe.Clip
	use      use    // what the clips are for
	split    string // of a manifest; empty takes what the use asks for
	seed     uint64
	training bool // sampled as the recipe trains, and in another order every epoch
	workers  int  // 0: one a processor
	limits   decodeLimits
	balanced bool // in training: classes equally often
	yield    bool // decoding yields to a network on the same processors
}

// clipData is a source of clips with what a run needs to know about it.
type clipData struct {
	feed.Data
	identity  string              // changes whenever the clips may
	unflipped bool                // clips are as stored, so that flips are the training's business
	manifest  *manifests.Manifest // whose records the clips are; nil for shards
	decoders  *pipeline.Decoders
	close     func() error
}

// Close frees what the source holds open.
func (d *clipData) Close() error {
	if d.close == nil {
		return nil
	}
	return d.close()
}

// openClips opens a manifest, whose records are decoded on the fly, or a folder of shards.
func openClips(ctx context.Context, path string, s clipSettings) (*clipData, error) {
	at, err := storage.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open clips: %w", err)
	}
	if at.Folder {
		set, err := shard.OpenDir(path)
		switch {
		case err == nil:
			return shardClips(path, set, s)
		case errors.Is(err, shard.ErrMedia):
			return mediaClips(path, s)
		}
		return nil, err
	}
	if !manifests.IsManifest(path) {
		return nil, usageErrorf("%s is neither a manifest nor a folder of shards", path)
	}
	man, err := manifests.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if man, err = s.use.choose(man, s.split); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return manifestClips(ctx, man, s)
}

// manifestClips decodes a manifest's records anew in every pass.
func manifestClips(ctx context.Context, man *manifests.Manifest, s clipSettings) (*clipData, error) {
	if len(man.Records) == 0 {
		return nil, errors.New("open clips: the manifest has no records")
	}
	files, err := source.Open(ctx, man.Root)
	if err != nil {
		return nil, err
	}
	data := decodedClips(man, files, s)
	data.identity = fmt.Sprintf("manifest %s, clips %s, seed %d, training %t%s", man.Hash(), s.clip.Hash(), s.seed, s.training, s.order()+s.limits.identity())
	data.manifest = man
	data.close = func() error { return errors.Join(data.decoders.Close(), files.Close()) }
	return data, nil
}

// mediaClips decodes the records of a folder of shards that hold encoded media.
func mediaClips(dir string, s clipSettings) (*clipData, error) {
	set, err := shard.OpenMedia(dir)
	if err != nil {
		return nil, err
	}
	if err := s.use.allow(dir, set.Index().Job.Splits, s.split); err != nil {
		return nil, err
	}
	if len(set.Manifest().Records) == 0 {
		return nil, fmt.Errorf("open clips: %s has no rows", dir)
	}
	data := decodedClips(set.Manifest(), set, s)
	data.identity = fmt.Sprintf("media of %+v, clips %s, seed %d, training %t%s", set.Index().Job, s.clip.Hash(), s.seed, s.training, s.order()+s.limits.identity())
	data.close = data.decoders.Close
	return data, nil
}

// decodedClips makes clips of records.
func decodedClips(man *manifests.Manifest, src source.Source, s clipSettings) *clipData {
	if s.workers == 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	decoders := s.limits.decoders(s.workers, s.yield) // kept from pass to pass
	views := 1
	if s.use == forTesting { // whose report merges the views of a video
		views = s.clip.Views()
	}
	opt := pipeline.Options{Workers: s.workers, Seed: s.seed, Training: s.training, Views: views, Timeout: s.limits.timeout, Decoders: decoders, Version: versionString()}
	data := &clipData{decoders: decoders, unflipped: !s.training} // for training the sampler flips
	data.Data = &pipeline.Manifest{Manifest: man, Source: src, Clip: s.clip, Shuffle: s.training, Balanced: s.balanced, Options: opt}
	return data
}

// shardClips reads back what preprocess wrote, which must be the clips that the settings describe.
func shardClips(dir string, set *shard.Set, s clipSettings) (*clipData, error) {
	if err := s.use.allow(dir, set.Index().Job.Splits, s.split); err != nil {
		return nil, err
	}
	if set.Rows() == 0 {
		return nil, fmt.Errorf("open clips: %s has no rows", dir)
	}
	job := set.Index().Job
	if err := holdsClips(dir, job, s.clip); err != nil {
		return nil, err
	}
	return &clipData{
		Data:      &pipeline.Shards{Set: set, Order: shard.Order{Shuffle: s.training, Seed: s.seed, Balanced: s.balanced}},
		identity:  fmt.Sprintf("shards of %+v, shuffled %t by %d%s", job, s.training, s.seed, s.order()),
		unflipped: !(job.Training && job.Clip.Flip),
	}, nil
}

// holdsClips is an error unless a folder's shards hold the clips that a recipe describes.
func holdsClips(dir string, job shard.Job, clip recipe.Clip) error {
	if want, have := seen(clip), seen(job.Clip); want != have {
		return usageErrorf("%s holds other clips (%+v) than the recipe or checkpoint describes (%+v): preprocess again with this recipe", dir, have, want)
	}
	return nil
}

// seen is the part of a recipe that decides what a model sees in shards; the rest is what the graph does, or concerns
// the sampling for training, which shards have behind them.
func seen(c recipe.Clip) recipe.Clip {
	return recipe.Clip{Frames: c.Frames, Stride: c.Stride, Temporal: c.Temporal, ShortSide: c.ShortSide, Height: c.Height, Width: c.Width, Filter: c.Filter, FPS: c.FPS, End: c.End}
}

// order tells passes of other clips or another order apart; it is empty for each clip once.
func (s clipSettings) order() string {
	if s.balanced {
		return ", classes balanced"
	}
	return ""
}

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"padapter/manifests/recipe"
	"padapter/pipeline"
	"padapter/pipeline/shard"
)

// shardClips reads what preprocess has written.
type shardClips struct {
	pipeline.Shards
	job shard.Job
}

// holdsShards reports whether a folder was made by preprocess, finished or not.
func holdsShards(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "job.json"))
	return err == nil
}

// openShards opens a folder of shards whose clips are what the recipe describes.
func openShards(dir string, s clipSettings) (*shardClips, error) {
	if s.split != "" {
		return nil, usageErrorf("%s is a folder of shards: give preprocess the split %q, not here", dir, s.split)
	}
	set, err := shard.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	if set.Rows() == 0 {
		return nil, fmt.Errorf("open clips: %s has no rows", dir)
	}
	job := set.Index().Job
	if want, have := seen(s.clip), seen(job.Clip); want != have {
		return nil, usageErrorf("%s holds other clips than the recipe describes: %+v, want %+v; preprocess again with this recipe", dir, have, want)
	}
	order := shard.Order{Shuffle: s.training, Seed: s.seed}
	return &shardClips{Shards: pipeline.Shards{Set: set, Order: order}, job: job}, nil
}

// seen is the part of a recipe that decides what a model sees in shards; the rest is what the graph does, or concerns
// the sampling for training, which shards have behind them.
func seen(c recipe.Clip) recipe.Clip {
	return recipe.Clip{Frames: c.Frames, Stride: c.Stride, Temporal: c.Temporal, ShortSide: c.ShortSide, Height: c.Height, Width: c.Width, Filter: c.Filter}
}

// Unflipped is whether no clip was mirrored when the shards were made.
func (s *shardClips) Unflipped() bool { return !(s.job.Training && s.job.Clip.Flip) }

// Identity covers the records and everything that decides their clips and their order.
func (s *shardClips) Identity() string {
	return fmt.Sprintf("shards of manifest %s, clips %s, seed %d, epoch %d, training %t, views %d, shuffled %t by %d",
		s.job.ManifestHash, s.job.RecipeHash, s.job.Seed, s.job.Epoch, s.job.Training, s.job.Views, s.Order.Shuffle, s.Order.Seed)
}

// Close has nothing to do: each pass closes its files.
func (s *shardClips) Close() error { return nil }

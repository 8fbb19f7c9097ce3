package inputs

import (
	"context"
	"errors"
	"fmt"

	"padapter/cmd/internal/jobs"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/models/feed"
	"padapter/pipeline"
	"padapter/pipeline/shard"
)

// ClipSettings say how clips are made of what a path holds.
type ClipSettings struct {
	Clip     recipe.Clip
	Use      Use    // what the clips are for
	Split    string // of a manifest; empty takes what the use asks for
	Seed     uint64
	Training bool // sampled as the recipe trains, and in another order every epoch
	Workers  int  // clips decoded at once; 0: one a processor
	Limits   jobs.DecodeLimits
	Balanced bool   // in training: classes equally often
	Yield    bool   // decoding yields to a network on the same processors
	Version  string // of the program
}

// ClipData is a source of clips with what a run needs to know about it.
type ClipData struct {
	feed.Data
	Identity string              // changes whenever the clips may
	AsStored bool                // clips are not flipped yet, so that flips are the training's business
	Manifest *manifests.Manifest // whose records the clips are; nil for shards

	input    *Input
	decoders *pipeline.Decoders // nil for shards of clips
}

// Close frees what the source holds open.
func (d *ClipData) Close() error {
	if d.input == nil {
		return nil
	}
	var err error
	if d.decoders != nil {
		err = d.decoders.Close()
	}
	return errors.Join(err, d.input.Close())
}

// OpenClips opens a manifest or a folder of shards. Shards of clips are read as they are; the records of everything else
// are decoded anew in every pass.
func OpenClips(ctx context.Context, path string, s ClipSettings) (*ClipData, error) {
	in, err := Open(ctx, path, Prepared, Selection{use: s.Use, Split: s.Split, Version: s.Version})
	if err != nil {
		return nil, err
	}
	d := &ClipData{input: in}
	switch in.Kind {
	case Clips:
		if err := in.HoldsClips(s.Clip); err != nil {
			return nil, err
		}
		d.Data = &pipeline.Shards{Set: in.Shards, Order: shard.Order{Shuffle: s.Training, Seed: s.Seed, Balanced: s.Balanced}}
		d.Identity = fmt.Sprintf("shards of %+v, shuffled %t by %d%s", in.Job, s.Training, s.Seed, s.order())
		d.AsStored = !(in.Job.Training && in.Job.Clip.Flip)
	case Media:
		d.decode(s)
		d.Identity = fmt.Sprintf("media of %+v, %s", in.Job, s.identity())
	default:
		d.decode(s)
		d.Identity = fmt.Sprintf("manifest %s, %s", in.Manifest.Hash(), s.identity())
		d.Manifest = in.Manifest
	}
	return d, nil
}

// decode makes clips of the input's records.
func (d *ClipData) decode(s ClipSettings) {
	workers := jobs.Workers(s.Workers)
	d.decoders = s.Limits.Decoders(workers, s.Yield) // kept from pass to pass
	views := 1
	if s.Use == ForTesting { // whose report merges the views of a video
		views = s.Clip.Views()
	}
	d.AsStored = !s.Training // for training the sampler flips
	d.Data = &pipeline.Manifest{
		Manifest: d.input.Manifest, Source: d.input.Source, Clip: s.Clip, Shuffle: s.Training, Balanced: s.Balanced,
		Options: pipeline.Options{Workers: workers, Seed: s.Seed, Training: s.Training, Views: views, Timeout: s.Limits.Timeout, Decoders: d.decoders, Version: s.Version},
	}
}

// identity tells the settings of decoded clips apart.
func (s ClipSettings) identity() string {
	limits := s.Limits.Identity()
	if limits != "" {
		limits = ", " + limits
	}
	return fmt.Sprintf("clips %s, seed %d, training %t%s", s.Clip.Hash(), s.Seed, s.Training, s.order()+limits)
}

// order tells passes of other clips or another order apart; it is empty for each clip once.
func (s ClipSettings) order() string {
	if s.Balanced {
		return ", classes balanced"
	}
	return ""
}

// HoldsClips is an error unless the shards hold the clips that a recipe describes.
func (in *Input) HoldsClips(clip recipe.Clip) error {
	if want, have := stored(clip), stored(in.Job.Clip); want != have {
		return jobs.Usagef("%s holds other clips (%+v) than the recipe or checkpoint describes (%+v): preprocess again with this recipe", in.Path, have, want)
	}
	return nil
}

// stored is the part of a recipe that decides what shards store; the rest is what the graph does, or concerns the
// sampling for training, which shards have behind them.
func stored(c recipe.Clip) recipe.Clip {
	return recipe.Clip{Frames: c.Frames, Stride: c.Stride, Temporal: c.Temporal, ShortSide: c.ShortSide, Height: c.Height, Width: c.Width, Filter: c.Filter, FPS: c.FPS, End: c.End}
}

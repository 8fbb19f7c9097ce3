package fit

import (
	"context"
	"errors"
	"fmt"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/manifests/recipe"
)

// Clips name labelled clips.
type Clips struct {
	Path  string // manifest or folder of shards
	Split string // of a manifest; empty takes what the use asks for, "all" every record
}

// Sets are the clips that a recipe learns from and is measured on.
type Sets struct {
	Train   Clips
	Val     Clips // choose the best epoch
	Test    Clips // measure it; used by comparisons alone
	Workers int   // clips decoded at once; 0: one a processor
	Limits  jobs.DecodeLimits
	Version string // of the program
	Yield   bool   // decoding yields to a network on the same processors
}

// Open opens one of the sets as the recipe sees it.
func (s *Sets) Open(ctx context.Context, r *recipe.Recipe, use inputs.Use) (*inputs.ClipData, error) {
	from, name := s.Train, "training"
	switch use {
	case inputs.ForValidation:
		from, name = s.Val, "validation"
	case inputs.ForTesting:
		from, name = s.Test, "test"
	}
	training := use == inputs.ForTraining
	data, err := inputs.OpenClips(ctx, from.Path, inputs.ClipSettings{
		Clip: r.Clip, Use: use, Split: from.Split, Seed: r.Train.Seed, Training: training, Balanced: training && r.Train.Sampling == recipe.ClassBalanced,
		Workers: s.Workers, Limits: s.Limits, Yield: s.Yield, Version: s.Version,
	})
	if err != nil {
		return nil, fmt.Errorf("%s clips: %w", name, err)
	}
	return data, nil
}

// Pair is what one run learns from: training clips, and validation clips that have none of them.
type Pair struct{ Train, Val *inputs.ClipData }

// OpenPair opens the training and the validation clips. Clips that both have are an error.
func (s *Sets) OpenPair(ctx context.Context, r *recipe.Recipe) (*Pair, error) {
	train, err := s.Open(ctx, r, inputs.ForTraining)
	if err != nil {
		return nil, err
	}
	val, err := s.Open(ctx, r, inputs.ForValidation)
	if err != nil {
		return nil, errors.Join(err, train.Close())
	}
	p := &Pair{train, val}
	if err := inputs.Disjoint(train.Manifest, val.Manifest); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Close closes both.
func (p *Pair) Close() error { return errors.Join(p.Val.Close(), p.Train.Close()) }

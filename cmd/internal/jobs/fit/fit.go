package fit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/inputs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/classifier"
	"padapter/models/train"
)

// Options are one training run.
type Options struct {
	Recipe   *recipe.Recipe
	Engine   *backend.Backend
	Train    *inputs.ClipData
	Val      *inputs.ClipData     // chooses the best epoch; nil keeps the last one
	Backbone string               // checkpoint folder or file; empty trains from random weights
	Out      string               // folder of this machine
	Version  string               // of the program, for checkpoints
	Adjust   func(*train.Options) // sets what the recipe does not say; may be nil
	Observer jobs.Observer
}

// Run builds the network, trains it and leaves checkpoints, states and log in the output folder.
func Run(ctx context.Context, opt Options) (*train.Result, error) {
	if opt.Val == nil {
		opt.Val = new(inputs.ClipData) // no data and no identity
	}
	classes := opt.Train.Meta().Classes
	network, err := classifier.FromRecipe(opt.Recipe, len(classes))
	if err != nil {
		return nil, err
	}
	network.Backbone.Half = opt.Engine.RoundsInGraph()
	store, err := network.NewStore(opt.Recipe.Train.Seed)
	if err != nil {
		return nil, err
	}
	defer store.Finalize()
	backbone := "" // hash of its weights
	if opt.Backbone != "" {
		if backbone, err = checkpoint.LoadBackbone(networks.BestOf(opt.Backbone), network, store); err != nil {
			return nil, err
		}
	} else if opt.Recipe.Tuning.Kind != "full" {
		opt.Observer.Note("warning: tuning %s freezes a backbone of random values, because no --backbone was given", opt.Recipe.Tuning.Kind)
	}
	trained, err := network.Trained(store)
	if err != nil {
		return nil, err
	}
	identity := sha256.Sum256([]byte(strings.Join([]string{opt.Train.Identity, opt.Val.Identity, backbone}, "\n")))
	var latest train.Progress
	task := opt.Observer.Stage("train", 0)
	defer task.Finish()
	o := train.Options{
		Backend: opt.Engine.Compute, Engine: opt.Engine.Kind(), Precision: string(opt.Engine.Precision), Store: store, Network: network, Trained: trained, Recipe: opt.Recipe,
		Train: opt.Train.Data, Val: opt.Val.Data, OutDir: opt.Out, Identity: hex.EncodeToString(identity[:]),
		Flip: opt.Recipe.Clip.Flip && opt.Train.AsStored,
		Progress: func(p train.Progress) {
			latest = p
			task.Set(p.Step, p.Steps, progressDetail(p))
		},
		Save: func(dir string) error {
			return checkpoint.Save(dir, network, store, checkpoint.Facts{
				Tool: "padapter " + opt.Version, Recipe: opt.Recipe, Classes: classes,
				Metrics: map[string]float64{"val_top1": max(latest.ValTop1, 0)},
			})
		},
	}
	if opt.Adjust != nil {
		opt.Adjust(&o)
	}
	return train.Run(ctx, o)
}

func progressDetail(p train.Progress) string {
	detail := fmt.Sprintf("epoch %d/%d loss %.4f rate %.2g", min(p.Epoch+1, p.Epochs), p.Epochs, p.Loss, p.Rate)
	if p.ValTop1 >= 0 {
		detail += fmt.Sprintf(" val %.1f %%", 100*p.ValTop1)
	}
	return detail
}

// OpenEngine opens the engine that a recipe is trained on with the given settings, in the recipe's precision.
func OpenEngine(settings backend.Settings, r *recipe.Recipe) (*backend.Backend, error) {
	settings.Precision, settings.Training = backend.Precision(r.Train.Precision), true
	engine, err := backend.OpenWith(settings)
	if err != nil && r.Train.Precision == recipe.BFloat16 {
		return nil, fmt.Errorf("train.precision %s: %w", recipe.BFloat16, err)
	}
	return engine, err
}

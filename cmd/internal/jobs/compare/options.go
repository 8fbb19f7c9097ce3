// Package compare is the job of 'padapter compare': several tunings trained on the same clips with the same seeds, and a
// table of what they reach.
package compare

import (
	"errors"
	"fmt"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/fit"
	"padapter/manifests/recipe"
	"padapter/models/classifier"
	"padapter/models/tuning"
)

// Options say what is compared. Zero values are the defaults where a field says so.
type Options struct {
	Recipes  []string // built-in names or YAML files: a row each
	Tunings  []string // a row for each recipe under each of these, instead of its own
	Epochs   int      // instead of the recipes'; 0: theirs
	Seeds    []int64  // of each row's runs
	Sets     fit.Sets // Yield is set by Run
	Backbone string   // checkpoint folder or file that every run starts from; empty: random values
	Out      string   // output folder of this machine
	Backend  string   // one of backend.Choices

	Bottleneck int // of adaptformer under Tunings; 0: about as many parameters as PAdapter
	Prompts    int // of vpt under Tunings; 0: about as many parameters as PAdapter

	Rates    []float64 // base rates to try for each row; empty: its recipe's
	RateSeed int64     // of the runs that try rates; none of Seeds

	Version  string // of the program
	Observer jobs.Observer
}

// check rejects values that no comparison can work with.
func (o *Options) check() error {
	if len(o.Seeds) == 0 {
		return jobs.Usagef("--seeds is empty: name at least one")
	}
	if o.Epochs < 0 || o.Sets.Workers < 0 {
		return jobs.Usagef("--epochs and --workers may not be negative")
	}
	for _, seed := range o.Seeds {
		if seed < 0 {
			return jobs.Usagef("--seeds has %d: a seed may not be negative", seed)
		}
		if len(o.Rates) > 0 && seed == o.RateSeed {
			return jobs.Usagef("--rate-seed %d is one of --seeds: rates are chosen with a seed of their own", seed)
		}
	}
	for _, rate := range o.Rates {
		if !(rate > 0) {
			return jobs.Usagef("--rates has %g: a rate must be above 0", rate)
		}
	}
	return nil
}

// rows returns the recipes of the table's rows.
func (o *Options) rows() ([]*recipe.Recipe, error) {
	var rows []*recipe.Recipe
	for _, name := range o.Recipes {
		r, err := recipe.Load(name)
		if err != nil {
			return nil, err
		}
		r.SetEpochs(o.Epochs)
		if len(o.Tunings) == 0 {
			rows = append(rows, r)
			continue
		}
		for _, kind := range o.Tunings {
			v := *r
			v.Tuning.Kind = kind
			if v.Name = kind; len(o.Recipes) > 1 {
				v.Name = r.Name + "-" + kind
			}
			if err := errors.Join(o.match(&v, r), v.Validate()); err != nil {
				return nil, fmt.Errorf("recipe %s under %s: %w", name, kind, err)
			}
			rows = append(rows, &v)
		}
	}
	names := map[string]bool{}
	for _, r := range rows {
		if names[r.Name] {
			return nil, jobs.Usagef("two rows are called %s: give the recipes different names", r.Name)
		}
		names[r.Name] = true
		if r.Clip.Hash() != rows[0].Clip.Hash() {
			return nil, jobs.Usagef("recipes %s and %s see different clips: a comparison needs the same", rows[0].Name, r.Name)
		}
	}
	return rows, nil
}

// match gives AdaptFormer and VPT the width that was asked for, or the one that comes closest to the parameters which
// PAdapter adds under the recipe.
func (o *Options) match(v, of *recipe.Recipe) error {
	switch {
	case o.Bottleneck > 0 && (v.Tuning.Kind == "adaptformer" || v.Tuning.Kind == "adaptformer-sequential"):
		v.Tuning.Bottleneck = o.Bottleneck
		return nil
	case o.Prompts > 0 && v.Tuning.Kind == "vpt":
		v.Tuning.Prompts = o.Prompts
		return nil
	}
	backbone, own := classifier.Settings(v)
	_, like := classifier.Settings(of)
	like.Kind = "padapter"
	matched, err := tuning.Match(own, like, backbone)
	v.Tuning.Bottleneck, v.Tuning.Prompts = matched.Bottleneck, matched.Prompts
	return err
}

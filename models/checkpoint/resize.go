package checkpoint

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/storage"
	"padapter/models/checkpoint/layout"
	"padapter/models/classifier"
	"padapter/models/vit"
	"padapter/models/weights"
)

// Size is the size of a clip in frames and pixels. Fields that are 0 stay unchanged.
type Size struct{ Frames, Height, Width int }

// Resize converts the checkpoint in dir to clips of another size and writes it to the folder out. Position tables and
// PAdapter prompts with one row per token are interpolated, bicubically in space and linearly in time. Everything else
// stays. The recipe gets the new size, and its short side is scaled with the height. backbone is where the backbone of
// an adapter alone is. It may be empty with fixed positions, which leave the backbone unchanged; out then also contains
// only the adapter.
func Resize(dir, backbone, out string, size Size) error {
	config, err := ReadConfig(dir)
	if err != nil {
		return err
	}
	before, err := classifier.FromRecipe(config.Recipe, len(config.Classes))
	if err != nil {
		return fmt.Errorf("resize %s: %w", dir, err)
	}
	r := *config.Recipe
	old := r.Clip
	for _, f := range []struct{ to, value *int }{{&r.Clip.Frames, &size.Frames}, {&r.Clip.Height, &size.Height}, {&r.Clip.Width, &size.Width}} {
		if *f.value != 0 {
			*f.to = *f.value
		}
	}
	r.Clip.ShortSide = max(int(math.Round(float64(old.ShortSide)*float64(r.Clip.Height)/float64(old.Height))), min(r.Clip.Height, r.Clip.Width))
	if err := r.Validate(); err != nil {
		return fmt.Errorf("resize %s: %w", dir, err)
	}
	after, err := classifier.FromRecipe(&r, len(config.Classes))
	if err != nil {
		return fmt.Errorf("resize %s: %w", dir, err)
	}
	store, alone, err := loadForResize(dir, backbone, config, before)
	if err != nil {
		return err
	}
	defer store.Finalize()
	fitted, err := after.NewStore(0)
	if err != nil {
		return fmt.Errorf("resize %s: %w", dir, err)
	}
	defer fitted.Finalize()
	for _, p := range after.Parameters() {
		values, err := weights.Values(store, p)
		if err == nil {
			values, err = fit(values, before.Parameter(p.Name), p, before.Backbone, after.Backbone)
		}
		if err == nil {
			err = weights.Set(fitted, p, values)
		}
		if err != nil {
			return fmt.Errorf("resize %s: %s: %w", dir, p.Name, err)
		}
	}
	facts := Facts{Tool: config.Tool, Recipe: &r, Classes: slices.Clone(config.Classes)} // metrics of the old size do not apply
	if alone {
		facts.BackboneSHA256 = config.BackboneSHA256
	}
	return Save(out, after, fitted, facts)
}

// loadForResize reads the weights. alone reports that there is no backbone and that none is needed.
func loadForResize(dir, backbone string, config *Config, c *classifier.Classifier) (store *model.Store, alone bool, err error) {
	if backbone == "" {
		if _, err := storage.Stat(weightsFile(dir, BackboneFile, config.BackboneSHA256)); err != nil {
			if c.Backbone.Positions == "learned" {
				return nil, false, fmt.Errorf("resize %s: it holds an adapter alone, and the backbone's learned positions change with the clip's size: name the backbone it was trained on (SHA-256 %s)", dir, config.BackboneSHA256)
			}
			store, err := c.NewStore(0)
			if err == nil {
				err = loadTensors(weightsFile(dir, AdapterFile, config.AdapterSHA256), c, store, isAdapter)
			}
			return store, true, err
		}
		backbone = dir
	}
	m, err := LoadAdapter(dir, backbone)
	if err != nil {
		return nil, false, err
	}
	return m.Store, false, nil
}

// fit converts a parameter's values to another clip size.
func fit(values []float32, old, p weights.Parameter, before, after vit.Config) ([]float32, error) {
	if slices.Equal(old.Shape, p.Shape) && (!rowsAreTokens(p, before) || layout.GridOf(before) == layout.GridOf(after)) {
		return values, nil
	}
	if !rowsAreTokens(old, before) || !rowsAreTokens(p, after) || old.Shape[2] != p.Shape[2] {
		return nil, fmt.Errorf("its shape %v cannot become %v: only the clip's frames, height and width may change", old.Shape, p.Shape)
	}
	return layout.GridOf(before).Resize(values, before.Tokens()-before.Patches(), p.Shape[2], layout.GridOf(after))
}

// rowsAreTokens reports whether a parameter is a table [1, N, d] with one row per token.
func rowsAreTokens(p weights.Parameter, c vit.Config) bool {
	prompt := p.Role == weights.Tuning && strings.Contains(p.Name, ".padapter.prompt")
	return (prompt || p.Name == "pos_embed") && len(p.Shape) == 3 && p.Shape[1] == c.Tokens()
}

package checkpoint

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/manifests/recipe"
	"padapter/models/checkpoint/layout"
	"padapter/models/classifier"
	"padapter/models/weights"
)

// TestResize fits networks to clips of other sizes: what has a row a token is interpolated, all else stays.
func TestResize(t *testing.T) {
	learned, image := tinyRecipe(), tinyRecipe()
	learned.Model.Positions = "learned"
	learned.Tuning.CatMode = "p_x_p"
	image.Clip.Frames, image.Model.Tubelet, image.Model.Kind, image.Model.Pool = 1, 1, "image", "class"
	vpt := tinyRecipe()
	vpt.Tuning = recipe.Tuning{Kind: "vpt", Prompts: 3}
	one := tinyRecipe()
	one.Tuning.PromptLength = 1
	for name, c := range map[string]struct {
		r      *recipe.Recipe
		size   Size
		tables int // how many have a row a token
	}{
		"more frames": {tinyRecipe(), Size{Frames: 6}, 2}, "a larger picture": {tinyRecipe(), Size{Height: 12, Width: 16}, 2},
		"learned positions": {learned, Size{Frames: 4, Height: 4, Width: 4}, 5}, "image": {image, Size{Height: 16, Width: 16}, 3},
		"vpt": {vpt, Size{Frames: 6}, 0}, "one row": {one, Size{Frames: 6}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir, out := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "resized")
			before, store := saveRandom(t, dir, c.r)
			if err := Resize(dir, "", out, c.size); err != nil {
				t.Fatal(err)
			}
			m, err := Load(out)
			if err != nil {
				t.Fatal(err)
			}
			from, to := layout.GridOf(before.Backbone), layout.GridOf(m.Classifier.Backbone)
			if from == to {
				t.Fatal("the size did not change")
			}
			tables := 0
			for _, p := range m.Classifier.Parameters() {
				old, errOld := weights.Values(store, before.Parameter(p.Name))
				got, err := weights.Values(m.Store, p)
				if err != nil || errOld != nil {
					t.Fatal(err, errOld)
				}
				if slices.Equal(before.Parameter(p.Name).Shape, p.Shape) {
					if !slices.Equal(got, old) {
						t.Errorf("%s changed", p.Name)
					}
					continue
				}
				tables++
				want, err := from.Resize(old, before.Backbone.Tokens()-before.Backbone.Patches(), p.Shape[2], to)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s is not interpolated (%v)", p.Name, err)
				}
			}
			if tables != c.tables {
				t.Errorf("%d tables were interpolated, want %d", tables, c.tables)
			}
			for _, v := range logits(t, m.Classifier, m.Store) { // the network of the new size runs
				if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
					t.Errorf("logit %g", v)
				}
			}
			again := filepath.Join(t.TempDir(), "again")
			if err := Resize(dir, "", again, Size{}); err != nil {
				t.Fatal(err)
			}
			if m, err = Load(again); err != nil || !same(t, before, store, m.Store) {
				t.Errorf("the size as it was changed the weights (%v)", err)
			}
		})
	}
}

// TestResizeAnAdapterAlone keeps the adapter apart where positions are fixed: it goes onto the same backbone.
func TestResizeAnAdapterAlone(t *testing.T) {
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }
	saveRandom(t, at("whole"), tinyRecipe())
	if err := Extract(at("whole"), at("alone")); err != nil {
		t.Fatal(err)
	}
	if err := Resize(at("alone"), "", at("longer"), Size{Frames: 6}); err != nil {
		t.Fatal(err)
	}
	one, err := Read(at("longer"))
	if err != nil || one.Backbone || one.Config.Recipe.Clip.Frames != 6 || len(one.Config.Metrics) > 0 {
		t.Fatalf("%+v (%v), want an adapter alone for 6 frames", one, err)
	}
	m, err := LoadAdapter(at("longer"), at("whole"))
	if err != nil {
		t.Fatal(err)
	}
	if err := Resize(at("whole"), "", at("both"), Size{Frames: 6}); err != nil {
		t.Fatal(err)
	}
	both, err := Load(at("both"))
	if err != nil || !same(t, m.Classifier, m.Store, both.Store) {
		t.Errorf("resized alone and with its backbone, an adapter differs (%v)", err)
	}
	learned := tinyRecipe()
	learned.Model.Positions = "learned"
	saveRandom(t, at("learned"), learned)
	if err := Extract(at("learned"), at("learned-alone")); err != nil {
		t.Fatal(err)
	}
	for want, do := range map[string]func() error{
		"name the backbone": func() error { return Resize(at("learned-alone"), "", at("x"), Size{Frames: 6}) },
		"model.tubelet":     func() error { return Resize(at("whole"), "", at("x"), Size{Frames: 3}) },
		"model.patch":       func() error { return Resize(at("whole"), "", at("x"), Size{Height: 10}) },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	// An adapter whose prompts have another number of rows says what helps.
	if err := loadTensors(filepath.Join(at("longer"), AdapterFile), both.Classifier, both.Store, isAdapter); err != nil {
		t.Fatal(err)
	}
	short, err := Load(at("whole"))
	if err != nil {
		t.Fatal(err)
	}
	if err := loadTensors(filepath.Join(at("longer"), AdapterFile), short.Classifier, short.Store, isAdapter); err == nil || !strings.Contains(err.Error(), "adapter resize") {
		t.Errorf("got %v, want the way to resize", err)
	}
}

// TestPositionsOfACheckpointAreInterpolated takes learned positions over to a network whose clips have more frames and other
// pictures: the checkpoint says how its table lies, whatever its shape.
func TestPositionsOfACheckpointAreInterpolated(t *testing.T) {
	r := tinyRecipe()
	r.Model.Positions, r.Clip.Width = "learned", 12 // a grid of 1×2×3
	dir := filepath.Join(t.TempDir(), "wide")
	before, store := saveRandom(t, dir, r)
	next := *r
	next.Clip.Frames, next.Clip.Height, next.Clip.Width = 6, 8, 4 // 3×2×1: as many tokens, elsewhere
	c, err := classifier.FromRecipe(&next, 3)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := c.NewStore(5)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LoadBackbone(dir, c, fresh); err != nil {
		t.Fatal(err)
	}
	old, err := weights.Values(store, before.Parameter("pos_embed"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := layout.GridOf(before.Backbone).Resize(old, 0, 8, layout.GridOf(c.Backbone))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := weights.Values(fresh, c.Parameter("pos_embed")); err != nil || !slices.Equal(got, want) || slices.Equal(got, old) {
		t.Errorf("positions %v, want %v (%v)", got, want, err)
	}
}

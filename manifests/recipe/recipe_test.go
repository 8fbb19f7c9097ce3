package recipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEmbeddedRecipesLoad(t *testing.T) {
	names := Names()
	if len(names) == 0 {
		t.Fatal("no recipe comes with the program")
	}
	for _, name := range names {
		r, err := Load(name)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if r.Name != name {
			t.Errorf("recipe %s calls itself %q", name, r.Name)
		}
	}
}

func TestYAMLRoundTrip(t *testing.T) {
	r, err := Load("ssv2-padapter")
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.YAML()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.yaml")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	back, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if *back != *r || back.Hash() != r.Hash() {
		t.Errorf("got %+v, want %+v", back, r)
	}
	back.Train.Seed++
	if back.Hash() == r.Hash() {
		t.Error("another seed, the same hash")
	}
	if back.Clip.Hash() != r.Clip.Hash() {
		t.Error("the clip's hash must not depend on the training part")
	}
}

// TestHashesStay pins that options which a recipe does not use leave its hash alone: shards of earlier programs stay.
func TestHashesStay(t *testing.T) {
	c := Clip{Frames: 8, Stride: 4, Temporal: "dense", ShortSide: 256, Height: 224, Width: 224, Filter: "bilinear", TrainTemporal: "random", TrainCrop: "multiscale"}
	if got, want := c.Hash(), "ebd7f5e846bd9050acf36c7f7bcbc91727a5b5503d846f3f12996612c22597fd"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	c.Augment.Ops = 2
	if c.Hash() == "ebd7f5e846bd9050acf36c7f7bcbc91727a5b5503d846f3f12996612c22597fd" {
		t.Error("RandAugment does not change the hash")
	}
}

func TestTokens(t *testing.T) {
	r, err := Load("ssv2-padapter")
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Model.Tokens(r.Clip); got != 784 {
		t.Errorf("8 frames at 224 make %d tokens, want 784", got)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	good, err := Load("ssv2-padapter")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(*Recipe)
		want   string
	}{
		{"temporal", func(r *Recipe) { r.Clip.Temporal = "densely" }, `clip.temporal is "densely"`},
		{"fps", func(r *Recipe) { r.Clip.FPS = -1 }, "clip.fps is -1"},
		{"end", func(r *Recipe) { r.Clip.End = "stop" }, `clip.end is "stop"`},
		{"segments", func(r *Recipe) { r.Clip.Segments, r.Clip.Temporal = 2, "uniform" }, "clip.segments is 2"},
		{"crops", func(r *Recipe) { r.Clip.Crops = 4 }, "clip.crops is 4"},
		{"flip labels", func(r *Recipe) { r.Clip.FlipLabels = "turn" }, `clip.flip_labels is "turn"`},
		{"aspect", func(r *Recipe) { r.Clip.AspectMax = 0.5 }, "clip.aspect_max is 0.5"},
		{"augment", func(r *Recipe) { r.Clip.Augment.Hue = 1 }, "clip.augment.hue is 1"},
		{"patch", func(r *Recipe) { r.Model.Patch = 15 }, "model.patch is 15"},
		{"tubelet", func(r *Recipe) { r.Model.Tubelet = 3 }, "model.tubelet is 3"},
		{"heads", func(r *Recipe) { r.Model.Heads = 7 }, "model.heads is 7"},
		{"zero patch", func(r *Recipe) { r.Model.Patch = 0 }, "model.patch is 0"},
		{"short side", func(r *Recipe) { r.Clip.ShortSide = 100 }, "clip.short_side is 100"},
		{"std", func(r *Recipe) { r.Clip.Std[1] = 0 }, "clip.std, channel G"},
		{"batch", func(r *Recipe) { r.Train.Batch = 1 }, "train.batch is 1"},
		{"scale", func(r *Recipe) { r.Tuning.Scale = "big" }, `tuning.scale is "big"`},
		{"kind", func(r *Recipe) { r.Tuning.Kind = "lore" }, `tuning.kind is "lore"`},
		{"momentum", func(r *Recipe) { r.Train.Momentum = 1 }, "train.momentum is 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := *good
			tt.change(&r)
			err := r.Validate()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestUnreadableRecipes(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"unknown key", "name: x\nclips: {}\n", "clips"},
		{"empty", "", "empty"},
		{"wrong type", "name: x\nclip: {frames: many}\n", "line 2"},
		{"two documents", "name: x\n---\nname: y\n", "more than one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("test.yaml", []byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "test.yaml") {
				t.Errorf("got %v, want an error with test.yaml and %q", err, tt.want)
			}
		})
	}
	if _, err := Load("no-such-recipe"); err == nil || !strings.Contains(err.Error(), "ssv2-padapter") {
		t.Errorf("got %v, want the recipes that exist", err)
	}
}

package recipe

import (
	"os"
	"path/filepath"
	"reflect"
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
			_, err := parse("test.yaml", []byte(tt.text), "", 0)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "test.yaml") {
				t.Errorf("got %v, want an error with test.yaml and %q", err, tt.want)
			}
		})
	}
	if _, err := Load("no-such-recipe"); err == nil || !strings.Contains(err.Error(), "ssv2") {
		t.Errorf("got %v, want the recipes that exist", err)
	}
}

func TestEveryDatasetUnderEveryTuning(t *testing.T) {
	if got := len(datasets()) * len(tunings()); got != 40 {
		t.Errorf("%d data sets under %d tunings, want 8 under 5", len(datasets()), len(tunings()))
	}
	ssv2, err := Load("ssv2-padapter")
	if err != nil {
		t.Fatal(err)
	}
	if ssv2.Tuning.Location != "a_m_p" || ssv2.Tuning.Bottleneck != 32 || ssv2.Train.BaseLR != 0.1 || ssv2.Train.Epochs != 90 || ssv2.Clip.Flip {
		t.Errorf("ssv2-padapter: %+v", ssv2)
	}
	image, err := Load("svhn-padapter")
	if err != nil {
		t.Fatal(err)
	}
	if image.Tuning.Location != "p_a_m" || image.Model.Kind != "image" || image.Clip.Flip || image.Train.Epochs != 100 {
		t.Errorf("svhn-padapter: %+v", image)
	}
	full, err := Load("ssv2-full")
	if err != nil {
		t.Fatal(err)
	}
	if full.Tuning.Kind != "full" || full.Train.Optimizer != "adamw" || full.Train.Epochs != 90 || full.Clip.Hash() != ssv2.Clip.Hash() {
		t.Errorf("ssv2-full: %+v", full)
	}
	if _, err := Load("ssv2-lora"); err == nil || !strings.Contains(err.Error(), "-adaptformer") {
		t.Errorf("got %v, want the tunings that exist", err)
	}
}

func TestARecipeOnABase(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("mine.yaml", "base: hmdb51-padapter\nname: mine\ntrain: {epochs: 20}\n")
	r, err := Load(write("mine-8.yaml", "base: mine.yaml\nname: mine-8\ntuning: {bottleneck: 8}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := Load("hmdb51-padapter")
	if err != nil {
		t.Fatal(err)
	}
	want.Name, want.Train.Epochs, want.Tuning.Bottleneck = "mine-8", 20, 8
	if *r != *want {
		t.Errorf("got %+v, want %+v", r, want)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"itself":  {"base: itself.yaml\nname: x\n", "based on itself"},
		"absent":  {"base: nothing.yaml\nname: x\n", "nothing.yaml"},
		"unknown": {"base: ssv2-full\ntrain: {epoch: 3}\n", "epoch"},
		"wrong":   {"base: ssv2-full\ntrain: {epochs: 0}\n", "train.epochs is 0"},
	} {
		if _, err := Load(write(name+".yaml", tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), name+".yaml") {
			t.Errorf("%s: got %v, want an error with %q", name, err, tt.want)
		}
	}
}

// TestEveryFieldIsDocumented holds docs/reference/recipes.md against the fields that there are.
func TestEveryFieldIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "recipes.md"))
	if err != nil {
		t.Fatal(err)
	}
	var fields []string
	var walk func(prefix string, of reflect.Type)
	walk = func(prefix string, of reflect.Type) {
		for i := range of.NumField() {
			f := of.Field(i)
			key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if f.Type.Kind() == reflect.Struct {
				walk(prefix+key+".", f.Type)
				continue
			}
			fields = append(fields, prefix+key)
		}
	}
	walk("", reflect.TypeFor[Recipe]())
	if len(fields) < 50 {
		t.Fatalf("only %d fields found", len(fields))
	}
	for _, field := range fields[1:] { // the first is the name
		if !strings.Contains(string(text), "| `"+field+"` | ") {
			t.Errorf("%s is not in docs/reference/recipes.md", field)
		}
	}
}

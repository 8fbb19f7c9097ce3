package checkpoint

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/recipe"
	"padapter/models/classifier"
	"padapter/models/weights"
)

func tinyRecipe() *recipe.Recipe {
	return &recipe.Recipe{
		Name: "tiny",
		Clip: recipe.Clip{Frames: 2, Stride: 1, Temporal: "dense", ShortSide: 8, Height: 8, Width: 8, Filter: "bilinear",
			TrainTemporal: "center", TrainCrop: "center", Mean: [3]float32{.5, .5, .5}, Std: [3]float32{.25, .25, .25}},
		Model:  recipe.Model{Dim: 8, Depth: 2, Heads: 2, MLPRatio: 2, Patch: 4, Tubelet: 2},
		Tuning: recipe.Tuning{Kind: "padapter", Bottleneck: 2, Location: "a_m_p", CatMode: "x_p", LearnMode: "add", Scale: "learned"},
		Train:  recipe.Train{Epochs: 1, Batch: 2, Optimizer: "sgd", BaseLR: .1, Momentum: .9},
		Eval:   recipe.Eval{Batch: 2, TopK: 1},
	}
}

func saveTiny(t *testing.T, dir string, seed uint64) (*classifier.Classifier, *model.Store) {
	t.Helper()
	r := tinyRecipe()
	c, err := classifier.FromRecipe(r, 3)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := c.Init(store, seed); err != nil {
		t.Fatal(err)
	}
	if err := Save(dir, c, store, Facts{Tool: "test", Recipe: r, Classes: []string{"a", "b", "c"}, Metrics: map[string]float64{"val_top1": .5}}); err != nil {
		t.Fatal(err)
	}
	return c, store
}

func same(t *testing.T, c *classifier.Classifier, a, b *model.Store) bool {
	t.Helper()
	for _, p := range c.Parameters() {
		x, errX := weights.Values(a, p)
		y, errY := weights.Values(b, p)
		if errX != nil || errY != nil {
			t.Fatal(errX, errY)
		}
		if !slices.Equal(x, y) {
			return false
		}
	}
	return true
}

func TestSaveAndLoad(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "best")
	saveTiny(t, dir, 1)
	c, store := saveTiny(t, dir, 2) // replaces the first
	m, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !same(t, c, store, m.Store) {
		t.Error("the weights changed on the way")
	}
	if !reflect.DeepEqual(m.Config.Recipe, tinyRecipe()) || !slices.Equal(m.Config.Classes, []string{"a", "b", "c"}) || m.Config.Metrics["val_top1"] != .5 {
		t.Errorf("config %+v", m.Config)
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
		t.Errorf("beside the checkpoint lies %v (%v)", entries, err)
	}
	again := filepath.Join(t.TempDir(), "again")
	saveTiny(t, again, 2)
	for _, name := range []string{ConfigFile, BackboneFile, AdapterFile} {
		a, errA := os.ReadFile(filepath.Join(dir, name))
		b, errB := os.ReadFile(filepath.Join(again, name))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if !slices.Equal(a, b) {
			t.Errorf("%s: equal models gave different bytes", name)
		}
	}
}

func TestACutOffReplacementIsUndone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "best")
	c, store := saveTiny(t, dir, 1)
	if err := os.Rename(dir, dir+replacedSuffix); err != nil {
		t.Fatal(err)
	}
	m, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !same(t, c, store, m.Store) {
		t.Error("the older checkpoint did not come back")
	}
}

func TestBackboneIntoAnotherClassifier(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "best")
	from, source := saveTiny(t, dir, 1)
	r := tinyRecipe()
	r.Tuning = recipe.Tuning{Kind: "linear"}
	c, err := classifier.FromRecipe(r, 7)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := c.Init(store, 9); err != nil {
		t.Fatal(err)
	}
	hash, err := LoadBackbone(dir, c, store)
	if err != nil {
		t.Fatal(err)
	}
	config, err := ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	if hash != config.BackboneSHA256 {
		t.Errorf("hash %s, config says %s", hash, config.BackboneSHA256)
	}
	for _, p := range from.Parameters() {
		if p.Role != weights.Backbone {
			continue
		}
		x, errX := weights.Values(source, p)
		y, errY := weights.Values(store, p)
		if errX != nil || errY != nil || !slices.Equal(x, y) {
			t.Errorf("%s was not taken over (%v, %v)", p.Name, errX, errY)
		}
	}
}

func TestWrongFilesAreRefused(t *testing.T) {
	flip := func(t *testing.T, path string) {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-1] ^= 1
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   string
	}{
		{"no config", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, ConfigFile)) }, "there is no config.json"},
		{"broken config", func(t *testing.T, dir string) {
			os.WriteFile(filepath.Join(dir, ConfigFile), []byte("{"), 0o644)
		}, ConfigFile},
		{"newer config", func(t *testing.T, dir string) {
			os.WriteFile(filepath.Join(dir, ConfigFile), []byte(`{"version":99}`), 0o644)
		}, "newer padapter"},
		{"a changed bit", func(t *testing.T, dir string) { flip(t, filepath.Join(dir, BackboneFile)) }, "not the file that was saved"},
		{"no adapter", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, AdapterFile)) }, AdapterFile},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "best")
			saveTiny(t, dir, 1)
			tt.damage(t, dir)
			if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want an error with %q and the folder", err, tt.want)
			}
		})
	}
	dir := filepath.Join(t.TempDir(), "best")
	saveTiny(t, dir, 1)
	r := tinyRecipe()
	r.Model.Depth = 3
	c, err := classifier.FromRecipe(r, 3)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := c.Init(store, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadBackbone(dir, c, store); err == nil || !strings.Contains(err.Error(), "blocks.2.") {
		t.Errorf("got %v, want the missing block named", err)
	}
}

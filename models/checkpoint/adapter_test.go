package checkpoint

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/manifests/recipe"
	"padapter/models/backend"
	"padapter/models/checkpoint/layout"
	"padapter/models/checkpoint/safetensors"
	"padapter/models/classifier"
	"padapter/models/weights"
)

// saveRandom saves a checkpoint of the recipe in which no weight is at its start value.
func saveRandom(t *testing.T, dir string, r *recipe.Recipe) (*classifier.Classifier, *model.Store) {
	t.Helper()
	c, err := classifier.FromRecipe(r, 3)
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	if err := c.Init(store, 1); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Parameters() {
		p.Initializer = weights.Uniform(0.5)
		values := p.Draw(3)
		if strings.HasSuffix(p.Name, "running_var") {
			for i := range values {
				values[i] += 1
			}
		}
		if err := weights.Set(store, p, values); err != nil {
			t.Fatal(err)
		}
	}
	if err := Save(dir, c, store, Facts{Tool: "test", Recipe: r, Classes: []string{"a", "b", "c"}}); err != nil {
		t.Fatal(err)
	}
	return c, store
}

func logits(t *testing.T, c *classifier.Classifier, store *model.Store) []float32 {
	t.Helper()
	b, err := backend.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	shape := []int{2, c.Backbone.Frames, c.Backbone.Height, c.Backbone.Width, 3}
	pixels := make([]uint8, 2*c.Backbone.Frames*c.Backbone.Height*c.Backbone.Width*3)
	for i := range pixels {
		pixels[i] = uint8(i * 37)
	}
	out, err := model.CallOnce(b.Compute, store, func(scope *model.Scope, x *graph.Node) *graph.Node { return c.Logits(scope, x, false) },
		tensors.FromFlatDataAndDimensions(pixels, shape...))
	if err != nil {
		t.Fatal(err)
	}
	values, err := tensors.CopyFlatData[float32](out)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestAnAdapterAlone(t *testing.T) {
	root := t.TempDir()
	whole, alone := filepath.Join(root, "whole"), filepath.Join(root, "alone")
	c, store := saveRandom(t, whole, tinyRecipe())
	if err := Extract(whole, alone); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(alone); err == nil || !strings.Contains(err.Error(), "adapter alone") {
		t.Errorf("got %v, want to be asked for the backbone", err)
	}
	m, err := LoadAdapter(alone, whole)
	if err != nil {
		t.Fatal(err)
	}
	if !same(t, c, store, m.Store) {
		t.Error("the weights changed on the way")
	}
	other := filepath.Join(root, "other")
	saveTiny(t, other, 9)
	if _, err := LoadAdapter(alone, other); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("got %v, want the wrong backbone refused", err)
	}
	found, err := List(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range found {
		names = append(names, filepath.Base(l.Dir))
		if l.Backbone != (filepath.Base(l.Dir) != "alone") || l.AdapterBytes == 0 {
			t.Errorf("%+v", l)
		}
	}
	if !slices.Equal(names, []string{"alone", "other", "whole"}) {
		t.Errorf("found %v", names)
	}
	merged := filepath.Join(root, "merged")
	if err := Merge(alone, whole, merged); err != nil {
		t.Fatal(err)
	}
	if m, err = Load(merged); err != nil {
		t.Fatal(err)
	}
	if !same(t, c, store, m.Store) {
		t.Error("the weights changed in the merger")
	}
}

func TestMergedLoRAComputesTheSame(t *testing.T) {
	root := t.TempDir()
	r := tinyRecipe()
	r.Tuning = recipe.Tuning{Kind: "lora", Rank: 2, Alpha: 3}
	c, store := saveRandom(t, filepath.Join(root, "lora"), r)
	if err := Merge(filepath.Join(root, "lora"), "", filepath.Join(root, "merged")); err != nil {
		t.Fatal(err)
	}
	m, err := Load(filepath.Join(root, "merged"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Config.Recipe.Tuning.Kind != "linear" || len(m.Classifier.Parameters()) >= len(c.Parameters()) {
		t.Errorf("LoRA is still there: kind %s", m.Config.Recipe.Tuning.Kind)
	}
	want := logits(t, c, store)
	for i, v := range logits(t, m.Classifier, m.Store) {
		if math.Abs(float64(v-want[i])) > 1e-5 {
			t.Errorf("logit %d: %g, with LoRA %g", i, v, want[i])
		}
	}
}

// TestPublishedLayoutsGiveTheSameOutput writes a backbone in every published layout, reads it back as a file and compares
// what the network computes.
func TestPublishedLayoutsGiveTheSameOutput(t *testing.T) {
	image := tinyRecipe()
	image.Clip.Frames, image.Model.Tubelet, image.Model.Kind, image.Model.Pool = 1, 1, "image", "class"
	for name, r := range map[string]*recipe.Recipe{"video": tinyRecipe(), "image": image} {
		c, store := saveRandom(t, filepath.Join(t.TempDir(), "whole"), r)
		want := logits(t, c, store)
		for _, l := range layout.Layouts {
			t.Run(name+"/"+l.Name, func(t *testing.T) {
				exported, err := layout.Export(l.Name, c.Backbone, store)
				if err != nil {
					t.Fatal(err)
				}
				var b bytes.Buffer
				if err := safetensors.Write(&b, exported, nil); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(t.TempDir(), "model.safetensors")
				if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
				fresh := model.NewStore()
				if err := c.Init(fresh, 8); err != nil {
					t.Fatal(err)
				}
				for _, p := range c.Parameters() { // all but the backbone
					values, err := weights.Values(store, p)
					if err == nil && p.Role != weights.Backbone && p.Role != weights.Pooling {
						err = weights.Set(fresh, p, values)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				if _, err := LoadBackbone(path, c, fresh); err != nil {
					t.Fatal(err)
				}
				if got := logits(t, c, fresh); !slices.Equal(got, want) {
					t.Errorf("logits %v, want %v", got, want)
				}
			})
		}
	}
}

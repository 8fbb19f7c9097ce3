package classifier_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"padapter/models/checkpoint/safetensors"
	"padapter/models/classifier"
	"padapter/models/tuning"
	"padapter/models/vit"
	"padapter/models/weights"
)

// fixture is one file of reference numbers; testdata/README.md describes them.
type fixture struct {
	*safetensors.File
	t *testing.T
}

// fixtures returns the fixture files in testdata, which golden.py there computes, and those of the published code, if
// present: see publishedGolden.
func fixtures(t *testing.T) []string {
	t.Helper()
	published := publishedGolden()
	var files []string
	for _, dir := range []string{filepath.Join("testdata", "golden"), published} {
		if dir == "" {
			continue
		}
		found, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			t.Fatalf("%s holds no fixture", dir)
		}
		files = append(files, found...)
	}
	return files
}

// publishedGolden is the folder of files that the published code wrote: PADAPTER_GOLDEN, or shared/golden beside the
// repository. It is empty if there is none.
func publishedGolden() string {
	if dir := os.Getenv("PADAPTER_GOLDEN"); dir != "" {
		return dir
	}
	dir := filepath.Join("..", "..", "..", "shared", "golden")
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}

func openFixture(t *testing.T, path string) fixture {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return fixture{f, t}
}

func (f fixture) number(key string) float64 {
	f.t.Helper()
	v, err := strconv.ParseFloat(f.Metadata[key], 64)
	if err != nil {
		f.t.Fatalf("metadata %s: %v", key, err)
	}
	return v
}

func (f fixture) int(key string) int { return int(f.number(key)) }

func (f fixture) tensor(name string) []float32 {
	f.t.Helper()
	values, err := f.Float32(name)
	if err != nil {
		f.t.Fatal(err)
	}
	return values
}

func (f fixture) trainable() []string {
	f.t.Helper()
	var names []string
	if err := json.Unmarshal([]byte(f.Metadata["trainable"]), &names); err != nil {
		f.t.Fatalf("metadata trainable: %v", err)
	}
	return names
}

// config reads the fixture's network.
func (f fixture) config() (vit.Config, tuning.Config) {
	f.t.Helper()
	var backbone vit.Config
	switch f.Metadata["modality"] {
	case "video":
		backbone = vit.Config{
			Frames: f.int("num_frames"), Tubelet: f.int("tubelet_size"),
			Height: f.int("img_size"), Width: f.int("img_size"), Patch: f.int("patch_size"),
			Dim: f.int("embed_dim"), Depth: f.int("depth"), Heads: f.int("num_heads"), MLPRatio: f.number("mlp_ratio"),
		}
	case "image":
		pool := map[string]string{"true": "mean", "false": "class"}[f.Metadata["global_pool"]]
		backbone = vit.Image(f.int("img_size"), f.int("patch_size"), f.int("embed_dim"), f.int("depth"), f.int("num_heads"), f.number("mlp_ratio"), pool)
	default:
		f.t.Fatalf("a fixture of modality %q", f.Metadata["modality"])
	}
	c := tuning.Config{Kind: f.Metadata["tuning"]}
	switch c.Kind {
	case "padapter":
		c.Bottleneck, c.Location = f.int("padapt_bottleneck"), f.Metadata["padapt_local"]
		c.CatMode, c.LearnMode = f.Metadata["padapt_cat_mode"], f.Metadata["padapt_learn_mode"]
		if c.Scale = f.Metadata["padapt_scalar"]; f.Metadata["padapt_scale_trainable"] == "true" {
			c.Scale = "learned"
		}
	case "adaptformer":
		shape, ok := f.Shape("param.blocks.0.adaptmlp.up_proj.weight")
		if !ok {
			f.t.Fatal("an AdaptFormer fixture without its up projection")
		}
		c.Bottleneck = shape[1]
	case "vpt":
		shape, ok := f.Shape("param.embeddings.0")
		if !ok {
			f.t.Fatal("a VPT fixture without prompts")
		}
		c.Prompts = shape[1]
	}
	return backbone, c
}

// named returns a tensor under one of our names; files with a fused qkv layer hold q, k and v as rows of it.
func (f fixture) named(prefix, name string) ([]float32, error) {
	if _, ok := f.Shape(prefix + name); ok {
		return f.Float32(prefix + name)
	}
	for i, part := range []string{"q_proj", "k_proj", "v_proj"} {
		for _, kind := range []string{"weight", "bias"} {
			if before, ok := strings.CutSuffix(name, "attn."+part+"."+kind); ok {
				all, err := f.Float32(prefix + before + "attn.qkv." + kind)
				if err != nil {
					return nil, err
				}
				third := len(all) / 3
				return all[i*third : (i+1)*third], nil
			}
		}
	}
	return nil, fmt.Errorf("the fixture has no %s%s", prefix, name)
}

// values returns a parameter's numbers in memory order.
func (f fixture) values(prefix string, p weights.Parameter) []float32 {
	f.t.Helper()
	raw, err := f.named(prefix, p.Name)
	if err != nil {
		f.t.Fatal(err)
	}
	if len(raw) != p.Size() {
		f.t.Fatalf("%s%s has %d values, want shape %v", prefix, p.Name, len(raw), p.FileShape())
	}
	return p.FromFile(raw)
}

// patches cuts the fixture's input [B, C, T, H, W] into tubelets [B, N, t·p·p·C] in plain loops, as a check on the
// graph's own.
func (f fixture) patches(c vit.Config) []float32 {
	input := f.tensor("input")
	batch := f.int("batch")
	out := make([]float32, 0, len(input))
	for b := range batch {
		for t0 := 0; t0 < c.Frames; t0 += c.Tubelet {
			for y0 := 0; y0 < c.Height; y0 += c.Patch {
				for x0 := 0; x0 < c.Width; x0 += c.Patch {
					for t := t0; t < t0+c.Tubelet; t++ {
						for y := y0; y < y0+c.Patch; y++ {
							for x := x0; x < x0+c.Patch; x++ {
								for ch := range vit.Channels {
									out = append(out, input[(((b*vit.Channels+ch)*c.Frames+t)*c.Height+y)*c.Width+x])
								}
							}
						}
					}
				}
			}
		}
	}
	return out
}

func (f fixture) classifier() *classifier.Classifier {
	f.t.Helper()
	backbone, c := f.config()
	net, err := classifier.New(backbone, c, [3]float32{}, [3]float32{1, 1, 1}, f.int("num_classes"))
	if err != nil {
		f.t.Fatal(err)
	}
	return net
}

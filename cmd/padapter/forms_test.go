package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/cmd/internal/jobs/export"
	"padapter/cmd/internal/jobs/networks"
	"padapter/models/checkpoint"
	"padapter/models/checkpoint/layout"
	"padapter/models/checkpoint/safetensors"
)

// form is how somebody publishes a backbone: names as in a layout, behind a prefix, with tensors beside that are of no
// use here, in a kind of file.
type form struct {
	layout, prefix string
	beside         []string
	file           string // its extension says which kind
	legacy         bool
}

// forms are those of video transformers and, with image, of image transformers.
func forms(image bool) map[string]form {
	decoder := []string{"decoder.blocks.0.attn.qkv.weight", "decoder.norm.weight", "encoder_to_decoder.weight", "mask_token"}
	all := map[string]form{
		"our own":             {layout: "padapter", file: "ours.safetensors"},
		"our own, fused":      {layout: "padapter-fused", file: "fused.pth"},
		"for AdaptFormer":     {layout: "padapter", beside: []string{"head.weight", "head.bias"}, file: "adaptformer.pth"},
		"distributed trainer": {layout: "videomae", prefix: "module.", file: "module.pt"},
	}
	if image {
		all["MAE, pretrained"] = form{layout: "videomae", beside: []string{"decoder_embed.weight", "decoder_blocks.0.norm1.weight", "decoder_pos_embed", "mask_token"}, file: "mae.pth"}
		all["MAE, legacy pickle"] = form{layout: "videomae", beside: []string{"mask_token"}, file: "mae-old.pth", legacy: true}
		all["timm, jx_"] = form{layout: "videomae", beside: []string{"head.weight", "head.bias", "pre_logits.fc.weight"}, file: "jx.pth"}
		all["timm, safetensors"] = form{layout: "videomae", beside: []string{"head.weight", "head.bias"}, file: "model.safetensors"}
		all["Hugging Face, ViT"] = form{layout: "huggingface", prefix: "vit.", beside: []string{"classifier.weight", "classifier.bias"}, file: "vit.safetensors"}
		return all
	}
	all["VideoMAE, pretrained"] = form{layout: "videomae", prefix: "encoder.", beside: slices.Concat(decoder, []string{"encoder.norm.weight", "encoder.norm.bias"}), file: "videomae.pth"}
	all["VideoMAE, legacy pickle"] = form{layout: "videomae", prefix: "encoder.", beside: decoder, file: "videomae-old.pth", legacy: true}
	all["VideoMAE, fine-tuned"] = form{layout: "videomae", beside: []string{"head.weight", "head.bias", "fc_norm.weight"}, file: "finetuned.pth"}
	all["Hugging Face"] = form{layout: "huggingface", prefix: "videomae.", beside: []string{"videomae.layernorm.weight", "classifier.weight"}, file: "model.safetensors"}
	all["Hugging Face, bin"] = form{layout: "huggingface", prefix: "videomae.", beside: []string{"decoder.decoder_layers.0.output.dense.weight", "mask_token"}, file: "pytorch_model.bin"}
	return all
}

// publish writes a checkpoint's backbone in the form, each value v as change(v).
func (f form) publish(t *testing.T, dir, path string, change func(float32) float32) {
	t.Helper()
	m, err := checkpoint.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Store.Finalize()
	tensors, err := layout.Export(f.layout, m.Classifier.Backbone, m.Store)
	if err != nil {
		t.Fatal(err)
	}
	usual := ""
	for _, l := range layout.Layouts {
		if l.Name == f.layout {
			usual = l.Prefixes[0]
		}
	}
	for i := range tensors {
		tensors[i].Name = f.prefix + strings.TrimPrefix(tensors[i].Name, usual)
		for k, v := range tensors[i].Values {
			tensors[i].Values[k] = change(v)
		}
	}
	for _, name := range f.beside {
		if !slices.ContainsFunc(tensors, func(x safetensors.Tensor) bool { return x.Name == name }) {
			tensors = append(tensors, safetensors.Tensor{Name: name, Shape: []int{2}, Values: []float32{0.5, -0.5}})
		}
	}
	write, err := export.WeightsWriter(path, f.legacy)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := write(&b, tensors); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// checkForms publishes the backbone of a checkpoint in every form, puts the adapter alone onto each file, and compares the
// labels of the inputs with those of the checkpoint itself, byte for byte.
func checkForms(t *testing.T, dir, input string) {
	t.Helper()
	config, err := checkpoint.ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	if config.Recipe.Tuning.Kind == "full" {
		t.Fatalf("%s has no adapter", dir)
	}
	temp := t.TempDir()
	alone := filepath.Join(temp, "alone")
	mustPadapter(t, "adapter", "extract", dir, "--out", alone)
	label := func(t *testing.T, args ...string) []byte {
		t.Helper()
		out := filepath.Join(t.TempDir(), "labels.csv")
		mustPadapter(t, append([]string{"label", "--input", input, "--out", out, "--backend", testBackend}, args...)...)
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	want := label(t, "--checkpoint", dir)
	if rows := bytes.Count(want, []byte("\n")); rows < 9 {
		t.Fatalf("%d lines of labels, want a header and at least 8", rows)
	}
	same := func(v float32) float32 { return v }
	for name, f := range forms(config.Recipe.Model.Kind == "image") {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), f.file)
			f.publish(t, dir, path, same)
			if got := label(t, "--checkpoint", alone, "--backbone", path); !bytes.Equal(got, want) {
				t.Errorf("labels\n%s\nwant\n%s", got, want)
			}
		})
	}
	other := filepath.Join(temp, "other.pth")
	form{layout: "videomae"}.publish(t, dir, other, func(v float32) float32 { return -v })
	code, _, stderr := padapter(t, "label", "--checkpoint", alone, "--backbone", other, "--input", input, "--out", filepath.Join(temp, "x.csv"), "--backend", testBackend)
	if code != exitFailed || !strings.Contains(stderr, "SHA-256") || !strings.Contains(stderr, "backbone that the adapter was trained on") {
		t.Errorf("another backbone: exit code %d: %s", code, stderr)
	}
}

// TestDemoBackboneInEveryForm takes the demo's own networks from the folder that PADAPTER_DEMO names; TestEndToEnd does the
// same with the small demo.
func TestDemoBackboneInEveryForm(t *testing.T) {
	demo := os.Getenv("PADAPTER_DEMO")
	if demo == "" {
		t.Skip("PADAPTER_DEMO names no folder that 'padapter demo' has written")
	}
	checkForms(t, filepath.Join(demo, "runs", "target-padapter", "best"), filepath.Join(demo, "unseen"))
}

// TestImageBackboneInEveryForm does it with image transformers of both poolings: the demo's tubelets of two frames have no
// form as 2-D patches.
func TestImageBackboneInEveryForm(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	renderMoves(t, at("clips"), "train", 4, 1)
	renderMoves(t, at("clips"), "val", 4, 2)
	mustPadapter(t, "manifest", "build", "folder", "--root", at("clips"), "--out", at("clips.parquet"))
	for _, pool := range []string{"class", "mean"} {
		t.Run(pool, func(t *testing.T) {
			text := strings.NewReplacer("frames: 4", "frames: 1", "epochs: 8", "epochs: 1", "kind: full", "kind: padapter",
				"tubelet: 2", "tubelet: 1, kind: image, pool: "+pool).Replace(movesRecipe)
			path := at(pool + ".yaml")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			mustPadapter(t, "train", "--recipe", path, "--train", at("clips.parquet"), "--train-split", "train", "--val", at("clips.parquet"), "--val-split", "val",
				"--out", at(pool), "--backend", testBackend)
			checkForms(t, networks.BestOf(at(pool)), filepath.Join(at("clips"), "val"))
		})
	}
}

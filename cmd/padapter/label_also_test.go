package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSeveralAdaptersLabelInOnePass compares labels of two adapters on one backbone, taken together and each by itself.
func TestSeveralAdaptersLabelInOnePass(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	renderMoves(t, at("clips"), "train", 8, 1)
	renderMoves(t, at("clips"), "val", 4, 2)
	mustPadapter(t, "manifest", "build", "folder", "--root", at("clips"), "--out", at("clips.parquet"))
	for _, split := range []string{"train", "val"} {
		mustPadapter(t, "preprocess", "--manifest", at("clips.parquet"), "--split", split, "--recipe", quickRecipe(t, dir), "--out", at(split))
	}
	train := func(name string, edits ...string) {
		recipe := strings.NewReplacer(append(edits, "epochs: 8", "epochs: 1")...).Replace(movesRecipe)
		if err := os.WriteFile(at(name+".yaml"), []byte(recipe), 0o644); err != nil {
			t.Fatal(err)
		}
		args := []string{"train", "--recipe", at(name + ".yaml"), "--train", at("train"), "--val", at("val"), "--backend", testBackend, "--out", at(name)}
		if name != "source" {
			args = append(args, "--backbone", at("source"))
		}
		mustPadapter(t, args...)
	}
	train("source")
	train("first", "kind: full", "kind: padapter")
	train("second", "kind: full", "kind: adaptformer", "seed: 5", "seed: 6")
	train("other", "seed: 5", "seed: 7") // full: a backbone of its own
	mustPadapter(t, "adapter", "extract", at("second"), "--out", at("alone"))
	label := func(args ...string) {
		mustPadapter(t, append([]string{"label", "--input", at("val"), "--backend", testBackend}, args...)...)
	}
	label("--checkpoint", at("first"), "--out", at("a1.csv"))
	label("--checkpoint", at("alone"), "--backbone", at("second"), "--out", at("b1.csv"))
	label("--checkpoint", at("first"), "--out", at("a2.csv"), "--also", at("alone")+"="+at("b2.csv"))
	read := func(name string) []byte {
		text, err := os.ReadFile(at(name))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if !bytes.Equal(read("a1.csv"), read("a2.csv")) || !bytes.Equal(read("b1.csv"), read("b2.csv")) {
		t.Error("labels of a pass with two adapters differ from those of two passes")
	}
	if bytes.Equal(read("a1.csv"), read("b1.csv")) {
		t.Error("both adapters give the same labels: the comparison says nothing")
	}
	for want, also := range map[string]string{"DIR=FILE": at("alone"), "backbone": at("other") + "=" + at("c.csv")} {
		code, _, stderr := padapter(t, "label", "--checkpoint", at("first"), "--input", at("val"), "--out", at("x.csv"), "--backend", testBackend, "--also", also)
		if code == exitOK || !strings.Contains(stderr, want) {
			t.Errorf("--also %s: exit code %d: %s", also, code, stderr)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/models/checkpoint/layout"
)

// TestBackbonesOfEveryLayoutGiveTheSameLabels trains a backbone, writes it in every published layout, tunes an adapter on
// each file as if it had been downloaded, and compares what the results say about the same clips.
func TestBackbonesOfEveryLayoutGiveTheSameLabels(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	renderMoves(t, at("clips"), "train", 8, 1)
	renderMoves(t, at("clips"), "val", 4, 2)
	mustPadapter(t, "manifest", "build", "folder", "--root", at("clips"), "--out", at("clips.parquet"))
	for _, split := range []string{"train", "val"} {
		mustPadapter(t, "preprocess", "--manifest", at("clips.parquet"), "--split", split, "--recipe", quickRecipe(t, dir), "--out", at(split))
	}
	clips := []string{"--train", at("train"), "--val", at("val"), "--backend", testBackend}
	mustPadapter(t, append([]string{"train", "--recipe", quickRecipe(t, dir), "--out", at("source")}, clips...)...)
	tuned := at("tuned.yaml")
	recipe := strings.NewReplacer("epochs: 8", "epochs: 1", "kind: full", "kind: padapter").Replace(movesRecipe)
	if err := os.WriteFile(tuned, []byte(recipe), 0o644); err != nil {
		t.Fatal(err)
	}
	labels := func(name string, backbone ...string) []string {
		mustPadapter(t, slices.Concat([]string{"train", "--recipe", tuned, "--out", at(name)}, clips, backbone)...)
		out := at(name + ".csv")
		mustPadapter(t, "label", "--checkpoint", at(name), "--input", at("val"), "--out", out, "--backend", testBackend)
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	var want []string // of the first layout, our own
	for i, l := range layout.Layouts {
		file := at(l.Name + ".safetensors")
		mustPadapter(t, "export", "backbone", "--checkpoint", at("source"), "--layout", l.Name, "--out", file)
		got := labels("from-"+l.Name, "--backbone", file)
		if i == 0 {
			want = got
		}
		if len(got) != 9 || !slices.Equal(got, want) {
			t.Errorf("%s: labels\n%s\nwant 8 rows, equal to\n%s", l.Name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if slices.Equal(labels("random"), want) {
		t.Error("a random backbone gives the same labels: the comparison says nothing")
	}
	if code, _, stderr := padapter(t, "export", "backbone", "--checkpoint", at("source"), "--layout", "keras", "--out", at("x")); code != exitUsage || !strings.Contains(stderr, "huggingface") {
		t.Errorf("unknown layout: exit code %d: %s", code, stderr)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAResizedAdapterLabels trains on clips of four frames, fits the adapter to eight and to a larger picture, and labels.
func TestAResizedAdapterLabels(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	renderMoves(t, at("clips"), "train", 4, 1)
	renderMoves(t, at("clips"), "val", 2, 2)
	mustPadapter(t, "manifest", "build", "folder", "--root", at("clips"), "--out", at("clips.parquet"))
	text := strings.NewReplacer("epochs: 8", "epochs: 1", "kind: full", "kind: padapter").Replace(movesRecipe)
	if err := os.WriteFile(at("tuned.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	mustPadapter(t, "train", "--recipe", at("tuned.yaml"), "--train", at("clips.parquet"), "--train-split", "train", "--val", at("clips.parquet"), "--val-split", "val",
		"--out", at("run"), "--backend", testBackend)
	mustPadapter(t, "adapter", "extract", at("run"), "--out", at("alone"))
	mustPadapter(t, "adapter", "resize", at("alone"), "--frames", "8", "--height", "48", "--width", "48", "--out", at("larger"))
	info := mustPadapter(t, "adapter", "info", at("larger"))
	if !strings.Contains(info, "on 8×48×48") || !strings.Contains(info, "elsewhere") || strings.Contains(info, "val_top1") {
		t.Errorf("info\n%s", info)
	}
	mustPadapter(t, "label", "--checkpoint", at("larger"), "--backbone", at("run"), "--input", filepath.Join(at("clips"), "val"), "--out", at("labels.csv"), "--backend", testBackend)
	if labels, err := os.ReadFile(at("labels.csv")); err != nil || strings.Count(string(labels), "\n") != 5 {
		t.Errorf("labels\n%s (%v)", labels, err)
	}
	// Merged with its backbone it stands by itself and says the same; the list has all of them.
	mustPadapter(t, "adapter", "merge", at("alone"), "--backbone", at("run"), "--out", at("merged"))
	list := mustPadapter(t, "adapter", "list", dir)
	for name, elsewhere := range map[string]bool{"alone": true, "larger": true, "merged": false, filepath.Join("run", "best"): false} {
		found := false
		for line := range strings.Lines(list) {
			found = found || strings.HasPrefix(line, at(name)+" ") && strings.Contains(line, "padapter") && strings.Contains(line, "elsewhere") == elsewhere
		}
		if !found {
			t.Errorf("the list has no right line for %s:\n%s", name, list)
		}
	}
	both := map[string]string{}
	for _, name := range []string{"run", "merged"} {
		mustPadapter(t, "label", "--checkpoint", at(name), "--input", filepath.Join(at("clips"), "val"), "--out", at(name+".csv"), "--backend", testBackend)
		text, err := os.ReadFile(at(name + ".csv"))
		if err != nil {
			t.Fatal(err)
		}
		both[name] = string(text)
	}
	if both["run"] != both["merged"] {
		t.Errorf("merged, the labels are\n%s\nwant\n%s", both["merged"], both["run"])
	}
	for _, args := range [][]string{{}, {"--frames", "-1"}} {
		code, _, stderr := padapter(t, append([]string{"adapter", "resize", at("run"), "--out", at("x")}, args...)...)
		if code != exitUsage || !strings.Contains(stderr, "at least one") {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

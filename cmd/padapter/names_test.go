package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNamesInEveryCommand takes files, folders, manifests and outputs of awkward names all the way.
func TestNamesInEveryCommand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "-a #1! (b); c&d 100%25 é.v1")
	clips := filepath.Join(dir, "clips;#")
	rng := rand.New(rand.NewPCG(1, 2))
	for c, class := range []string{"left #1", "right; & -x"} {
		for _, split := range []string{"train", "val"} {
			folder := filepath.Join(clips, split, class)
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			for _, name := range awkward {
				renderMove(t, filepath.Join(folder, name+".avi"), 2*c-1, rng)
			}
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	built := at("#built.a.parquet")
	mustPadapter(t, "manifest", "build", "folder", "--root", clips, "--out", built)
	mustPadapter(t, "manifest", "probe", built)
	mustPadapter(t, "manifest", "show", built)
	mustPadapter(t, "manifest", "stats", built)
	// Both splits hold the same names, not the same bytes, and every file is there: the doctor finds no mistake.
	if code, stdout, stderr := padapter(t, "manifest", "doctor", built); code != exitOK {
		t.Errorf("doctor: exit code %d\n%s%s", code, stdout, stderr)
	}
	mustPadapter(t, "manifest", "filter", built, "--uri", "*/-dash.avi", "--out", at("-filtered.csv"))
	if m := readManifest(t, at("-filtered.csv")); len(m.Records) != 4 {
		t.Errorf("filter keeps %d records of 4", len(m.Records))
	}
	mustPadapter(t, "manifest", "split", built, "--parts", "a #=1,b;=1", "--out", at("split!.jsonl"))
	mustPadapter(t, "manifest", "sample", built, "-n", "3", "--out", at("sam&ple.parquet"))
	mustPadapter(t, "manifest", "convert", built, at("100%25.csv"))
	mustPadapter(t, "manifest", "filter", built, "--uri", "*/名前.avi", "--out", at("#filtered.csv"))
	mustPadapter(t, "manifest", "merge", at("-filtered.csv"), at("#filtered.csv"), "--out", at("名前.jsonl"))
	if code, stdout, _ := padapter(t, "manifest", "diff", built, at("100%25.csv")); code != exitOK || stdout != "" {
		t.Errorf("diff with the converted copy: exit code %d\n%s", code, stdout)
	}

	recipe, run, shards := quickRecipe(t, dir), at("run #!"), at("shards; &")
	mustPadapter(t, "preprocess", "--manifest", built, "--recipe", recipe, "--out", shards)
	mustPadapter(t, "preprocess", "--manifest", built, "--content", "frames", "--out", at("frames 100%"))
	mustPadapter(t, "inspect", shards, "--sheet", at("#sheet.png"))
	mustPadapter(t, "train", "--recipe", recipe, "--train", built, "--val", built, "--out", run, "--backend", testBackend)
	mustPadapter(t, "eval", "--checkpoint", run, "--data", built, "--split", "val", "--backend", testBackend)
	mustPadapter(t, "report", "--run", run, "--data", built, "--split", "val", "--out", at("#report.html"), "--backend", testBackend)
	archive := at("clips #1;.tar")
	if text, err := exec.Command("tar", "-C", clips, "-cf", archive, ".").CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, text)
	}
	for name, input := range map[string]string{"manifest": built, "folder": clips, "shards": shards, "archive": archive} {
		labels := at("-labels of " + name + ".jsonl")
		mustPadapter(t, "label", "--checkpoint", run, "--input", input, "--out", labels, "--backend", testBackend)
		checkNames(t, labels, name)
	}
	for _, name := range awkward {
		file := filepath.Join(clips, "train", "left #1", name+".avi")
		out := mustPadapter(t, "frames", file, "--index", "0,5", "--png", at("frames of "+name[:min(len(name), 9)]))
		if strings.Count(out, "32x32") != 2 {
			t.Errorf("frames of %q: %s", name, out)
		}
	}
	t.Chdir(filepath.Join(clips, "train", "left #1"))
	mustPadapter(t, "frames", "--", "-dash.avi")
}

// checkNames checks that every file has one row, with labels.
func checkNames(t *testing.T, labels, input string) {
	t.Helper()
	text, err := os.ReadFile(labels)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var row struct {
			URI        string
			Error      *string
			LabelNames []string `json:"label_names"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if row.Error != nil || len(row.LabelNames) == 0 {
			t.Errorf("%s: row %s", input, line)
		}
		seen[row.URI]++
	}
	if len(seen) != 4*len(awkward) {
		t.Errorf("%s: %d different files have rows, want %d", input, len(seen), 4*len(awkward))
	}
	for uri, n := range seen {
		if n != 1 {
			t.Errorf("%s: %q has %d rows", input, uri, n)
		}
	}
}

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"padapter/manifests"
)

// awkward are names that have to come through every command.
var awkward = []string{"a b", "#20!", "x;y&z", "-dash", "名前", "v.1.2.avi", strings.Repeat("n", 200), "100%25"}

// awkwardManifest writes a manifest of such ids, classes and files under such a name, and returns its path.
func awkwardManifest(t *testing.T) string {
	t.Helper()
	m := &manifests.Manifest{Dataset: "odd & even", Classes: awkward, Root: t.TempDir()}
	for i := range 80 {
		label := i % len(awkward)
		m.Records = append(m.Records, manifests.Record{
			ID: fmt.Sprintf("%s/%02d", awkward[label], i), URI: fmt.Sprintf("%s/%d.avi", awkward[label], i), Kind: manifests.Video,
			Label: int32(label), LabelName: awkward[label], Group: fmt.Sprint("g", i/2), Status: manifests.Found,
			Facts: manifests.Facts{Frames: int64(i + 1)},
		})
	}
	path := filepath.Join(t.TempDir(), "-odd #1! (a).b.parquet")
	if err := m.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func readManifest(t *testing.T, path string) *manifests.Manifest {
	t.Helper()
	m, err := manifests.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestManifestOperations(t *testing.T) {
	in, dir := awkwardManifest(t), t.TempDir()
	out := func(name string) string { return filepath.Join(dir, name) }

	for _, class := range awkward {
		mustPadapter(t, "manifest", "filter", in, "--label", class, "--frames", ":40", "--out", out("class ; .csv"))
		if m := readManifest(t, out("class ; .csv")); len(m.Records) != 5 || m.Records[0].LabelName != class || !strings.HasPrefix(m.Tool, "padapter ") {
			t.Errorf("class %q: %d records of tool %q", class, len(m.Records), m.Tool)
		}
		mustPadapter(t, "manifest", "filter", in, "--id", class+"/*", "--uri", "*1?.avi", "--invert", "--out", out("rest.jsonl"))
	}
	mustPadapter(t, "manifest", "split", in, "--parts", "train=3,val=1", "--seed", "5", "--out", out("split.parquet"))
	counts := map[string]int{}
	for _, r := range readManifest(t, out("split.parquet")).Records {
		counts[r.Split]++
	}
	if counts["train"] != 60 || counts["val"] != 20 {
		t.Errorf("splits have %v records", counts)
	}
	mustPadapter(t, "manifest", "split", in, "--parts", "train=3,val=1", "--seed", "5", "--out", out("again.parquet"))
	mustPadapter(t, "manifest", "diff", out("split.parquet"), out("again.parquet"))
	code, stdout, stderr := padapter(t, "manifest", "diff", in, out("split.parquet"), "--first", "3")
	if code != exitFailed || !strings.Contains(stdout, `split "" -> "`) || !strings.Contains(stdout, "and 77 more") || !strings.Contains(stderr, "80 changed") {
		t.Errorf("diff: exit code %d\n%s%s", code, stdout, stderr)
	}

	mustPadapter(t, "manifest", "filter", out("split.parquet"), "--split", "train", "--out", out("train.parquet"))
	mustPadapter(t, "manifest", "filter", out("split.parquet"), "--split", "val", "--out", out("val.parquet"))
	mustPadapter(t, "manifest", "merge", out("train.parquet"), out("val.parquet"), "--out", out("whole.parquet"))
	var whole struct {
		Records, Of, Classes int
		Splits               map[string]int
	}
	jsonResult(t, mustPadapter(t, "manifest", "sample", out("whole.parquet"), "--fraction", "0.5", "--per-class", "--out", out("half.parquet"), "--json"), &whole)
	if whole.Records != 40 || whole.Of != 80 || whole.Classes != len(awkward) {
		t.Errorf("sample: %+v", whole)
	}
	if code, stdout, _ := padapter(t, "manifest", "diff", out("split.parquet"), out("whole.parquet")); code != exitFailed || stdout != "the records stand in another order\n" {
		t.Errorf("what was taken apart and merged differs, exit code %d:\n%s", code, stdout)
	}
	if code, _, stderr := padapter(t, "manifest", "merge", in, in, "--out", out("twice.parquet")); code != exitFailed || !strings.Contains(stderr, "--prefix") {
		t.Errorf("the same ids twice: exit code %d, %s", code, stderr)
	}
}

func TestManifestOperationsRefuse(t *testing.T) {
	in, out := awkwardManifest(t), filepath.Join(t.TempDir(), "out.parquet")
	for _, tt := range []struct {
		want string
		args []string
	}{
		{`label "nobody"`, []string{"filter", in, "--label", "nobody"}},
		{"MIN:MAX", []string{"filter", in, "--frames", "many"}},
		{`kind "film"`, []string{"filter", in, "--kind", "film"}},
		{`status "lost"`, []string{"filter", in, "--status", "lost"}},
		{"NAME=SHARE", []string{"split", in, "--parts", "train"}},
		{"no part has a share", []string{"split", in, "--parts", "train=0"}},
		{`--of "dev"`, []string{"split", in, "--parts", "train=1", "--of", "dev"}},
		{"give one of the two", []string{"sample", in}},
		{"fraction 2", []string{"sample", in, "--fraction", "2"}},
		{"required flag(s)", []string{"split", in}},
	} {
		code, _, stderr := padapter(t, append(append([]string{"manifest"}, tt.args...), "--out", out)...)
		if code != exitUsage || !strings.Contains(stderr, tt.want) {
			t.Errorf("%q: exit code %d, %s; want usage with %q", tt.args, code, stderr, tt.want)
		}
	}
	for _, name := range []string{"filter", "sample", "merge"} {
		if code, _, stderr := padapter(t, "manifest", name, in, "--out", "m.txt"); code != exitUsage || !strings.Contains(stderr, ".parquet, .csv or .jsonl") {
			t.Errorf("%s to m.txt: exit code %d, %s", name, code, stderr)
		}
	}
}

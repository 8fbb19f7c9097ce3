package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"padapter/manifests"
	"padapter/pipeline/pipelinetest"
)

// probeCorpus writes clips of awkward names, one of which is broken and one missing, and their manifest.
func probeCorpus(t *testing.T, n int) (path string) {
	t.Helper()
	root := t.TempDir()
	m := &manifests.Manifest{Root: root}
	for i := range n {
		name := fmt.Sprintf("%s %d.avi", awkward[i%len(awkward)], i)
		switch i {
		case 3:
			spoil(t, filepath.Join(root, name))
		case 5:
		default:
			pipelinetest.WriteClip(t, filepath.Join(root, name), i)
		}
		m.Records = append(m.Records, manifests.Record{ID: name, URI: name, Kind: manifests.Video, Label: manifests.NoLabel, Status: manifests.Found})
	}
	path = filepath.Join(t.TempDir(), strings.Repeat("n", 235)+"#1.parquet")
	if err := m.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestManifestProbe(t *testing.T) {
	path := probeCorpus(t, 16)
	out := filepath.Join(t.TempDir(), "probed.csv")
	code, stdout, stderr := padapter(t, "manifest", "probe", path, "--out", out, "--workers", "2", "--decode")
	if code != exitRecords || !strings.Contains(stdout, "16 files probed now") || !strings.Contains(stdout, "found: 14") || !strings.Contains(stdout, "missing: 1") || !strings.Contains(stdout, "unsupported: 1") {
		t.Fatalf("probe: exit code %d\n%s%s", code, stdout, stderr)
	}
	if !strings.Contains(stderr, "probe: 16/16") {
		t.Errorf("no progress in %q", stderr)
	}
	m := readManifest(t, out)
	if m.Records[0].Facts.Frames != pipelinetest.Frames || m.Records[3].Status != manifests.Rejected || m.Records[5].Status != manifests.Missing {
		t.Errorf("got %+v", m.Records[:6])
	}
	if _, err := os.Stat(journalOf(out)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the store is still there: %v", err)
	}
	// In place, and again: nothing is left to look into.
	if code, stdout, _ := padapter(t, "manifest", "probe", out); code != exitRecords || !strings.Contains(stdout, "0 files probed now, 0 by earlier runs; 16 records needed no probing") {
		t.Errorf("again: exit code %d\n%s", code, stdout)
	}
	mustPadapter(t, "manifest", "filter", out, "--status", "found", "--out", out)
	mustPadapter(t, "manifest", "probe", out)
}

// TestChildProbe is not a test of its own: TestProbeSurvivesKills runs it in another process.
func TestChildProbe(t *testing.T) {
	path, out := os.Getenv("PADAPTER_TEST_MANIFEST"), os.Getenv("PADAPTER_TEST_OUT")
	if path == "" {
		t.Skip("run by TestProbeSurvivesKills")
	}
	if code := run(t.Context(), []string{"manifest", "probe", path, "--out", out, "--workers", "1", "-q"}, os.Stdout, os.Stderr); code != exitRecords {
		t.Fatalf("exit code %d", code)
	}
}

// Probing that is killed as soon as a unit is done loses nothing that is kept, and comes to the same end.
func TestProbeSurvivesKills(t *testing.T) {
	path, dir := probeCorpus(t, 1100), t.TempDir()
	want, out := filepath.Join(dir, "want.parquet"), filepath.Join(dir, "out.parquet")
	if code, _, stderr := padapter(t, "manifest", "probe", path, "--out", want, "-q"); code != exitRecords {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	kills := 0
	for lines := 0; ; {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestChildProbe$")
		child.Env = append(os.Environ(), "PADAPTER_TEST_MANIFEST="+path, "PADAPTER_TEST_OUT="+out)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- child.Wait() }()
		var err error
		for running := true; running; {
			select {
			case err = <-ended:
				running = false
			default:
				if n := storedLines(t, out); kills < 3 && n > lines+4 {
					lines = n
					if child.Process.Kill() == nil {
						kills++
					}
					err, running = <-ended, false
				}
			}
		}
		if err == nil {
			break
		}
		if child.ProcessState.Exited() {
			t.Fatalf("the process failed by itself: %v", err)
		}
		if n := storedLines(t, out); n < lines {
			t.Fatalf("%d lines are kept, and there were %d", n, lines)
		}
	}
	if kills == 0 {
		t.Error("the process was through before it could be killed")
	}
	mustPadapter(t, "manifest", "diff", want, out)
	a, errA := os.ReadFile(want)
	b, errB := os.ReadFile(out)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("after %d kills the bytes differ (%v, %v)", kills, errA, errB)
	}
}

// storedLines counts the lines of what an output's units have found.
func storedLines(t *testing.T, out string) (lines int) {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(journalOf(out)+".units", "part-*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		text, err := os.ReadFile(part)
		if err != nil && !errors.Is(err, os.ErrNotExist) { // the folder goes when all is done
			t.Fatal(err)
		}
		lines += bytes.Count(text, []byte("\n"))
	}
	return lines
}

func TestManifestProbeRefuses(t *testing.T) {
	path := probeCorpus(t, 1)
	journal := `{"padapter_probe":1,"settings":{"root":"elsewhere"}}` + "\n"
	if err := os.WriteFile(journalOf(path), []byte(journal), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		want string
		args []string
	}{
		{"begun with other settings", []string{path}},
		{"--workers -1", []string{path, "--workers", "-1"}},
		{".parquet, .csv or .jsonl", []string{path, "--out", "m.txt"}},
	} {
		if code, _, stderr := padapter(t, append([]string{"manifest", "probe"}, tt.args...)...); code != exitUsage || !strings.Contains(stderr, tt.want) {
			t.Errorf("%q: exit code %d, %s", tt.args, code, stderr)
		}
	}
}

// journalOf is where a run keeps what it has found so far; long names are cut.
func journalOf(out string) string {
	name := filepath.Base(out)
	return filepath.Join(filepath.Dir(out), name[:min(len(name), 200)]+".probing")
}

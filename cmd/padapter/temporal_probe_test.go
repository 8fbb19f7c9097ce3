//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"padapter/manifests"
)

// newProbeStation has a manifest of 768 files, two of which cannot be had; the others are 20 clips under many names.
func newProbeStation(t *testing.T) *station {
	t.Helper()
	s := newStation(t, 20, 1)
	man := readManifest(t, s.man)
	var clips []string
	for _, r := range man.Records {
		clips = append(clips, r.URI)
	}
	list := &manifests.Manifest{Root: man.Root}
	for i := range 768 {
		name := fmt.Sprintf("again %d.avi", i)
		switch i {
		case 100:
			spoil(t, filepath.Join(man.Root, name))
		case 101:
		default:
			if err := os.Link(filepath.Join(man.Root, clips[i%len(clips)]), filepath.Join(man.Root, name)); err != nil {
				t.Fatal(err)
			}
		}
		list.Records = append(list.Records, manifests.Record{ID: name, URI: name, Kind: manifests.Video, Label: manifests.NoLabel, Status: manifests.Found})
	}
	if err := list.WriteFile(s.man); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *station) probe(out string, more ...string) []string {
	return append([]string{"manifest", "probe", s.man, "--out", out, "--decode", "--quiet"}, more...)
}

func (s *station) remoteProbe(out string) []string {
	return s.probe(out, "--engine", "temporal", "--temporal", s.address(), "--queue", "test")
}

// probedParts counts the units of a probe that are done.
func probedParts(out string) int {
	list, err := filepath.Glob(filepath.Join(journalOf(out)+".units", "part-*.jsonl"))
	if err != nil {
		return 0
	}
	return len(list)
}

// Workers, the server and the command are killed at random moments while probing; the manifest has the bytes that one
// undisturbed process writes, and nothing is left beside it.
func TestTemporalProbeSurvivesKills(t *testing.T) {
	s := newProbeStation(t)
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.parquet")
	runProgram(t, exitRecords, s.program, s.probe(whole)...)
	want := mustRead(t, whole)
	out := func(round int) string { return filepath.Join(dir, fmt.Sprintf("out%d.parquet", round)) }
	s.disturb(exitRecords, func(round int) []string { return s.remoteProbe(out(round)) }, func(round int) {
		if !bytes.Equal(mustRead(t, out(round)), want) {
			t.Fatalf("%s differs from what one process writes", out(round))
		}
		if left, err := filepath.Glob(journalOf(out(round)) + "*"); err != nil || len(left) > 0 {
			t.Fatalf("left beside the output: %q, %v", left, err)
		}
	})
}

// One of three workers is cut off in the middle of probing; it comes back when others have done its units, and the
// manifest stays what it is.
func TestTemporalProbeWorkerCutOff(t *testing.T) {
	s := newProbeStation(t)
	dir := t.TempDir()
	whole, out := filepath.Join(dir, "whole.parquet"), filepath.Join(dir, "out.parquet")
	runProgram(t, exitRecords, s.program, s.probe(whole)...)
	cut := s.cutOff(exitRecords, s.remoteProbe(out), func() bool { return probedParts(out) > 0 })
	if err := cut.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cut.Wait() // it drains what it held
	if !bytes.Equal(mustRead(t, out), mustRead(t, whole)) {
		t.Error("the output differs from what one process writes")
	}
	if _, err := os.Stat(journalOf(out) + ".units"); !os.IsNotExist(err) {
		t.Errorf("the folder of the units is there again: %v", err)
	}
}

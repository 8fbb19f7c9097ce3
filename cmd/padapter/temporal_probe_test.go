//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

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
	list, err := filepath.Glob(filepath.Join(journalOf(out)+".units", "part-*.json"))
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
	kills := 5
	if os.Getenv("PADAPTER_LONG") != "" {
		kills = 50
	}
	if text := os.Getenv("PADAPTER_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	server := s.serve()
	workers := []*process{s.worker(), s.worker(), s.worker()}
	rng := rand.New(rand.NewPCG(uint64(kills), 9))
	for killed, round := 0, 0; killed < kills; round++ {
		if round > kills+3 {
			t.Fatalf("only %d processes were killed in %d jobs", killed, round)
		}
		out := filepath.Join(dir, fmt.Sprintf("out%d.parquet", round))
		for finished := false; !finished; {
			command := exec.Command(s.program, s.remoteProbe(out)...)
			var output bytes.Buffer
			command.Stdout, command.Stderr = &output, &output
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- command.Wait() }()
			for running := true; running; {
				wait := time.Duration(rng.IntN(1500)) * time.Millisecond
				if killed >= kills {
					wait = time.Hour
				}
				select {
				case <-ended:
					running = false
				case <-time.After(wait):
					switch i := rng.IntN(5); i {
					case 4:
						if err := command.Process.Kill(); err != nil {
							continue // it has ended
						}
					case 3:
						server.kill()
						server = s.serve()
					default:
						workers[i].kill()
						workers[i] = s.worker()
					}
					killed++
				}
			}
			status, _ := command.ProcessState.Sys().(syscall.WaitStatus)
			if finished = !status.Signaled(); finished && command.ProcessState.ExitCode() != exitRecords {
				t.Fatalf("after %d kills the command ended with %d\n%s", killed, command.ProcessState.ExitCode(), &output)
			}
		}
		if !bytes.Equal(mustRead(t, out), want) {
			t.Fatalf("after %d kills %s differs from what one process writes", killed, out)
		}
		if left, err := filepath.Glob(journalOf(out) + "*"); err != nil || len(left) > 0 {
			t.Fatalf("left beside the output: %q, %v", left, err)
		}
	}
}

// One of three workers is cut off in the middle of probing; it comes back when others have done its units, and the
// manifest stays what it is.
func TestTemporalProbeWorkerCutOff(t *testing.T) {
	s := newProbeStation(t)
	dir := t.TempDir()
	whole, out := filepath.Join(dir, "whole.parquet"), filepath.Join(dir, "out.parquet")
	runProgram(t, exitRecords, s.program, s.probe(whole)...)
	s.serve()
	cut := s.worker()
	command := exec.CommandContext(t.Context(), s.program, s.remoteProbe(out)...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for look := time.Tick(2 * time.Millisecond); probedParts(out) == 0; <-look {
		select {
		case err := <-ended:
			t.Fatalf("no worker was seen at work: %v\n%s", err, &output)
		default:
		}
	}
	if err := cut.Process.Signal(syscall.SIGSTOP); err != nil { // it has begun the next units
		t.Fatal(err)
	}
	s.worker()
	s.worker()
	if err := <-ended; command.ProcessState.ExitCode() != exitRecords {
		t.Fatalf("%v\n%s", err, &output)
	}
	if err := cut.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
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

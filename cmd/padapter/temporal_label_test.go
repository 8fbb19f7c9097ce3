//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// labelStation is a server, workers and an archive to label.
type labelStation struct {
	*station
	labelWorld
}

func newLabelStation(t *testing.T) *labelStation {
	t.Helper()
	s := &labelStation{station: newStation(t, 1, 1)}
	s.labelWorld = newLabelWorld(t)
	s.station.program = s.labelWorld.program
	return s
}

// remote is a command line whose units the workers do. Views make units last.
func (s *labelStation) remote(out string) []string {
	return append(s.local(out), "--engine", "temporal", "--temporal", s.address(), "--queue", "test")
}

func (s *labelStation) local(out string) []string { return s.args(out, "--views", "40") }

// Workers and the server are killed at random moments while labelling; the output has the bytes of a run in one process.
func TestTemporalLabelSurvivesKills(t *testing.T) {
	s := newLabelStation(t)
	runProgram(t, exitRecords, s.labelWorld.program, s.local("whole.parquet")...)
	want := mustRead(t, s.at("whole.parquet"))
	kills := 6
	if text := os.Getenv("PADAPTER_KILLS"); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	server := s.serve()
	workers := []*process{s.worker(), s.worker(), s.worker()}
	rng := rand.New(rand.NewPCG(uint64(kills), 8))
	for killed, round := 0, 0; killed < kills; round++ {
		if round > kills+3 {
			t.Fatalf("only %d processes were killed in %d jobs", killed, round)
		}
		out := fmt.Sprintf("out%d.parquet", round)
		for finished := false; !finished; {
			command := exec.Command(s.labelWorld.program, s.remote(out)...)
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
							t.Fatal(err)
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
		if !bytes.Equal(mustRead(t, s.at(out)), want) {
			t.Fatalf("after %d kills %s differs from what one process writes", killed, out)
		}
	}
}

// One of three workers is cut off in the middle of a unit, and comes back when others have done it.
func TestTemporalLabelWorkerCutOff(t *testing.T) {
	s := newLabelStation(t)
	runProgram(t, exitRecords, s.labelWorld.program, s.local("whole.jsonl")...)
	s.serve()
	cut := s.worker()
	command := exec.CommandContext(t.Context(), s.labelWorld.program, s.remote("out.jsonl")...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	parts := func() int {
		list, err := os.ReadDir(s.at("out.jsonl.ledger/parts"))
		if err != nil {
			return 0
		}
		return len(list)
	}
	for look := time.Tick(5 * time.Millisecond); parts() == 0; <-look {
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
	if !bytes.Equal(mustRead(t, s.at("out.jsonl")), mustRead(t, s.at("whole.jsonl"))) {
		t.Error("the output differs from what one process writes")
	}
}

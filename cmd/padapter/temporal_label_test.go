//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"testing"
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

// Workers, the server and the command are killed at random moments while labelling; the output has the bytes of a run in one process.
func TestTemporalLabelSurvivesKills(t *testing.T) {
	s := newLabelStation(t)
	runProgram(t, exitRecords, s.labelWorld.program, s.local("whole.parquet")...)
	out := func(round int) string { return fmt.Sprintf("out%d.parquet", round) }
	s.disturb(exitRecords, func(round int) []string { return s.remote(out(round)) }, func(round int) {
		if !bytes.Equal(mustRead(t, s.at(out(round))), mustRead(t, s.at("whole.parquet"))) {
			t.Fatalf("%s differs from what one process writes", out(round))
		}
	})
}

// One of three workers is cut off in the middle of a unit, and comes back when others have done it.
func TestTemporalLabelWorkerCutOff(t *testing.T) {
	s := newLabelStation(t)
	runProgram(t, exitRecords, s.labelWorld.program, s.local("whole.jsonl")...)
	s.cutOff(exitRecords, s.remote("out.jsonl"), func() bool {
		parts, err := os.ReadDir(s.at("out.jsonl.ledger/parts"))
		return err == nil && len(parts) > 0
	})
	if !bytes.Equal(mustRead(t, s.at("out.jsonl")), mustRead(t, s.at("whole.jsonl"))) {
		t.Error("the output differs from what one process writes")
	}
}

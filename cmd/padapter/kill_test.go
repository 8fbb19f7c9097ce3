package main

import (
	"bufio"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"padapter/models/train"
)

// Training that is killed at random moments, by SIGKILL or SIGTERM, and resumed ends with the losses and the files of a
// run that nobody disturbed.
func TestTrainingSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and trains for half a minute")
	}
	program, dir := buildProgram(t), t.TempDir()
	clips, recipe, man := filepath.Join(dir, "clips"), filepath.Join(dir, "moves.yaml"), filepath.Join(dir, "moves.parquet")
	renderMoves(t, clips, "train", 24, 1)
	renderMoves(t, clips, "val", 4, 2)
	if err := os.WriteFile(recipe, []byte(strings.Replace(movesRecipe, "epochs: 8", "epochs: 6", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	runProgram(t, exitOK, program, "manifest", "build", "folder", "--root", clips, "--out", man)
	args := func(out string, more ...string) []string {
		return append([]string{"train", "--recipe", recipe, "--train", man, "--train-split", "train", "--val", man, "--val-split", "val",
			"--out", out, "--backend", testBackend, "--save-every", "2", "--quiet"}, more...)
	}
	whole := filepath.Join(dir, "whole")
	began := time.Now()
	runProgram(t, exitOK, program, args(whole)...)
	lasted := time.Since(began)

	rng := rand.New(rand.NewPCG(8, 15))
	for name, signal := range map[string]os.Signal{"SIGKILL": syscall.SIGKILL, "SIGTERM": syscall.SIGTERM} {
		out := filepath.Join(dir, name)
		kills := 0
		for attempt := range 40 {
			limit := time.Duration(float64(lasted) * (0.15 + 0.35*rng.Float64()))
			if attempt >= 5 {
				limit = 10 * lasted // enough of it
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			command := exec.CommandContext(ctx, program, args(out, "--resume")...)
			command.Cancel = func() error { return command.Process.Signal(signal) }
			output, err := command.CombinedOutput()
			cancel()
			if err == nil {
				break
			}
			if ctx.Err() == nil {
				t.Fatalf("%s: the run failed by itself: %v\n%s", name, err, output)
			}
			kills++
		}
		if kills == 0 {
			t.Errorf("%s: every run was through before it could be killed", name)
		}
		if got, want := stepLosses(t, out), stepLosses(t, whole); !slices.Equal(got, want) || len(want) != 36 {
			t.Errorf("%s, %d kills: losses\n%v\nundisturbed:\n%v", name, kills, got, want)
		}
		for _, file := range []string{"backbone.safetensors", "adapter.safetensors"} {
			got, err := os.ReadFile(filepath.Join(out, train.BestDir, file))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(whole, train.BestDir, file))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, %d kills: %s of the best model differs", name, kills, file)
			}
		}
	}
}

// stepLosses reads the losses of a run's log; the log must hold each step once.
func stepLosses(t *testing.T, out string) (losses []float64) {
	t.Helper()
	f, err := os.Open(filepath.Join(out, train.LogFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var line struct {
			Event string
			Step  int
			Loss  float64
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%v in %q", err, lines.Text())
		}
		if line.Event != "step" {
			continue
		}
		if losses = append(losses, line.Loss); line.Step != len(losses) {
			t.Fatalf("line %d of the log is of step %d", len(losses), line.Step)
		}
	}
	return losses
}

package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/models/backend/plugin"
	"padapter/models/train"
)

// TestDevices trains and labels with the built program on the devices that XLA's plugin for processors simulates.
func TestDevices(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and trains for half a minute")
	}
	if found, err := plugin.Find(); err != nil {
		t.Skipf("backend xla: %v", err)
	} else if !found.OnProcessors() {
		t.Skipf("backend xla: plugin %s simulates no devices", found.Name)
	}
	t.Setenv("XLA_FLAGS", strings.TrimSpace(os.Getenv("XLA_FLAGS")+" --xla_force_host_platform_device_count=4"))
	program, dir := buildProgram(t), t.TempDir()
	clips, man := filepath.Join(dir, "clips"), filepath.Join(dir, "moves.parquet")
	renderMoves(t, clips, "train", 8, 1)
	renderMoves(t, clips, "val", 3, 2)
	runProgram(t, exitOK, program, "manifest", "build", "folder", "--root", clips, "--out", man)

	out := filepath.Join(dir, "run")
	var result train.Result
	jsonResult(t, runProgram(t, exitOK, program, "train", "--recipe", quickRecipe(t, dir), "--train", man, "--val", man, "--out", out,
		"--backend", "xla", "--devices", "all", "--json"), &result)
	if result.Devices != 4 || result.Steps != 2 {
		t.Errorf("trained %d steps on %d devices, want 2 on 4", result.Steps, result.Devices)
	}

	label := func(devices string) []map[string]any {
		file := filepath.Join(dir, "labels-"+devices+".jsonl")
		var summary struct{ Devices json.Number }
		jsonResult(t, runProgram(t, exitOK, program, "label", "--checkpoint", out, "--input", filepath.Join(clips, "val"), "--out", file,
			"--backend", "xla", "--devices", devices, "--batch", "3", "--json"), &summary)
		if summary.Devices.String() != devices {
			t.Errorf("labelled on %s devices, want %s", summary.Devices, devices)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rows []map[string]any
		for line := range bytes.Lines(text) {
			row := map[string]any{}
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
		return rows
	}
	one, four := label("1"), label("4")
	if len(one) != 6 || len(four) != 6 {
		t.Fatalf("%d rows on one device, %d on four, want 6", len(one), len(four))
	}
	for i, row := range one {
		if four[i]["id"] != row["id"] || !alike(four[i]["scores"], row["scores"]) {
			t.Errorf("on four devices %v, on one %v", four[i], row)
		}
	}

	for _, c := range []struct {
		want    string
		code    int
		devices string
		more    []string
	}{
		{"5 devices were asked for, and it has 4", exitFailed, "5", []string{"--backend", "xla"}},
		{"2 devices were asked for, and it has 1", exitFailed, "2", []string{"--backend", "go"}},
		{"use a number of at least 1, or all", exitUsage, "none", []string{"--backend", "xla"}},
		{"a batch of 8 clips cannot be divided equally among 3 devices", exitFailed, "3", []string{"--backend", "xla"}},
	} {
		args := append([]string{"train", "--recipe", quickRecipe(t, dir), "--train", man, "--val", man, "--out", filepath.Join(dir, "refused"),
			"--overwrite", "--devices", c.devices}, c.more...)
		command := exec.CommandContext(t.Context(), program, args...)
		text, _ := command.CombinedOutput() // the exit code is looked at
		if command.ProcessState.ExitCode() != c.code || !bytes.Contains(text, []byte(c.want)) {
			t.Errorf("--devices %s with %v: exit code %d, want %d and %q:\n%s", c.devices, c.more, command.ProcessState.ExitCode(), c.code, c.want, text)
		}
	}
}

// alike reports whether two lists of scores are the same but for rounding.
func alike(got, want any) bool {
	a, isA := got.([]any)
	b, isB := want.([]any)
	return isA && isB && len(b) > 0 && slices.EqualFunc(a, b, func(x, y any) bool {
		p, isP := x.(float64)
		q, isQ := y.(float64)
		return isP && isQ && math.Abs(p-q) < 1e-5
	})
}

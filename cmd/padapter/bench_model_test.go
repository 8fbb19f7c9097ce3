package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	jobs "padapter/cmd/internal/jobs/bench"
)

func TestBenchModelMeasuresEveryCombination(t *testing.T) {
	stdout := mustPadapter(t, "bench", "model", "--model", "tiny", "--frames", "2,4", "--size", "32", "--batch", "1", "--backend", testBackend, "--repeat", "2")
	for _, want := range []string{"2 frames (   4 tokens)", "4 frames (   8 tokens)", "forward", "step"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in:\n%s", want, stdout)
		}
	}
	if n := strings.Count(stdout, "clips/s"); n != 4 {
		t.Errorf("%d lines, want 4:\n%s", n, stdout)
	}
	var times jobs.ModelTimes
	jsonResult(t, mustPadapter(t, "--json", "bench", "model", "--model", "tiny", "--frames", "2", "--size", "32", "--batch", "2", "--pass", "step", "--backend", testBackend, "--repeat", "2"), &times)
	if times.Tokens != 4 || times.Batch != 2 || times.First.Loss <= 0 || !(times.Min > 0 && times.Min <= times.Median && times.Median <= times.Max) {
		t.Errorf("%+v", times)
	}
}

func TestBenchModelRejects(t *testing.T) {
	for _, args := range [][]string{
		{"--model", "giant"}, {"--repeat", "0"}, {"--follow"}, {"--weights", "w.safetensors"}, {"--frames", "3"},
	} {
		if code, _, stderr := padapter(t, append([]string{"bench", "model"}, args...)...); code != exitUsage {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

// TestBenchModelAgainstPyTorch compares a tiny network with the same in PyTorch, where there is one.
func TestBenchModelAgainstPyTorch(t *testing.T) {
	if os.Getenv("PADAPTER_LONG") == "" {
		t.Skip("takes half a minute: set PADAPTER_LONG=1")
	}
	python := os.Getenv("PADAPTER_TORCH_PYTHON")
	if python == "" {
		python = "/usr/bin/python3"
	}
	if err := exec.CommandContext(t.Context(), python, "-c", "import torch, numpy").Run(); err != nil {
		t.Skipf("%s has no PyTorch: %v; PADAPTER_TORCH_PYTHON names another", python, err)
	}
	script := filepath.Join("..", "..", "models", "bench", "compare.py")
	text, err := exec.CommandContext(t.Context(), python, script, "--padapter", buildProgram(t), "--model", "tiny", "--frames", "2", "--size", "32",
		"--batch", "1,2", "--backend", testBackend, "--repeat", "1").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if n := strings.Count(string(text), "tiny"); n != 4 {
		t.Errorf("%d cases, want 4:\n%s", n, text)
	}
}

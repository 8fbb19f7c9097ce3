package main

import (
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
		{"--precision", "float16"},
	} {
		if code, _, stderr := padapter(t, append([]string{"bench", "model"}, args...)...); code != exitUsage {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
}

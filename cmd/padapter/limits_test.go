package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"padapter/decode"
	"padapter/pipeline/pipelinetest"
)

func TestEveryDecodingCommandTakesLimits(t *testing.T) {
	root := newRootCommand(io.Discard, io.Discard)
	for _, path := range []string{"preprocess", "manifest probe", "train", "eval", "report", "compare", "label", "frames"} {
		cmd, rest, err := root.Find(strings.Fields(path))
		if err != nil || len(rest) > 0 {
			t.Fatalf("%s: %v, left %q", path, err, rest)
		}
		for _, name := range []string{"timeout", "max-pixels", "max-frames", "max-held"} {
			if cmd.Flags().Lookup(name) == nil {
				t.Errorf("%s has no --%s", path, name)
			}
		}
	}
}

func TestLimitsRefuseFiles(t *testing.T) {
	clip := filepath.Join(t.TempDir(), "a.avi")
	pipelinetest.WriteClip(t, clip, 1)
	tests := map[string]struct {
		args []string
		code int
		says string
	}{
		"none":     {nil, 0, "index"},
		"frames":   {[]string{"--max-frames", "2"}, exitFailed, string(decode.Limits)},
		"pixels":   {[]string{"--max-pixels", "9"}, exitFailed, string(decode.Limits)},
		"held":     {[]string{"--max-held", "1000"}, 0, "index"}, // read piecewise instead
		"timeout":  {[]string{"--timeout", "1ns"}, exitFailed, string(decode.Timeout)},
		"negative": {[]string{"--max-held", "-1"}, exitUsage, "use 0 or more"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := padapter(t, append([]string{"frames", clip}, test.args...)...)
			if code != test.code || !strings.Contains(stdout+stderr, test.says) {
				t.Errorf("exit code %d, want %d and %q:\n%s%s", code, test.code, test.says, stdout, stderr)
			}
		})
	}
}

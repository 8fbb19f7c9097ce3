package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"padapter/cmd/internal/jobs/doctor"
)

func TestDoctorSpeaksJSON(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"doctor", "--json"}, &out, &errs); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var line struct {
		Event  string
		Result doctor.Report
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	r := line.Result
	if line.Event != "result" || r.System.Cores < 1 || r.FFmpeg.Version == "" || len(r.FFmpeg.Decoders) == 0 || len(r.Backends) < 3 || r.Auto == "" {
		t.Errorf("report %+v", r)
	}
	for _, b := range r.Backends {
		if b.Why == "" {
			t.Errorf("backend %s has no reason", b.Engine)
		}
		if b.Usable && (b.Platform == "" || len(b.Devices) == 0 || b.Product == "") {
			t.Errorf("backend %s does not say what it runs on: %+v", b.Engine, b)
		}
	}
}

func TestExitCodes(t *testing.T) {
	tests := []struct {
		args []string
		want int
	}{
		{[]string{"version"}, exitOK},
		{[]string{"--help"}, exitOK},
		{[]string{"nonsense"}, exitUsage},
		{[]string{"version", "--nonsense"}, exitUsage},
		{[]string{"version", "extra"}, exitUsage},
		{[]string{"version", "--log-level", "loud"}, exitUsage},
		{[]string{"manifest", "nonsense"}, exitUsage},
		{[]string{"manifest", "build", "folder"}, exitUsage},
		{[]string{"manifest", "show", filepath.Join(t.TempDir(), "none.parquet")}, exitFailed},
	}
	for _, tt := range tests {
		var out, errs bytes.Buffer
		if got := run(t.Context(), tt.args, &out, &errs); got != tt.want {
			t.Errorf("%q: exit code %d, want %d (%s)", tt.args, got, tt.want, errs.String())
		}
	}
}

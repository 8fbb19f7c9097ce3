package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"padapter/cmd/internal/jobs/demo"
	"padapter/models/evaluate"
)

// runProgram runs the program and returns its standard output; any other exit code than want fails the test.
func runProgram(t *testing.T, want int, program string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), program, args...)
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatalf("padapter %s: %v", strings.Join(args, " "), err)
	}
	if code != want {
		t.Fatalf("padapter %s: exit code %d, want %d\n%s\n%s", strings.Join(args, " "), code, want, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// TestEndToEnd runs the built program: the small demo, then its checkpoint on a folder of clips.
func TestEndToEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and trains for half a minute")
	}
	program := buildProgram(t)
	engine := cmp.Or(os.Getenv("PADAPTER_TEST_BACKEND"), "auto")
	out := filepath.Join(t.TempDir(), "demo")
	text := runProgram(t, exitOK, program, "demo", "--small", "--backend", engine, "--out", out)
	for _, row := range []string{"chance", "PAdapter, frames shuffled", "linear probe", "PAdapter", "full fine-tuning"} {
		if !strings.Contains(text, row) {
			t.Errorf("the table has no row %q:\n%s", row, text)
		}
	}
	checkSmallReport(t, out)

	t.Run("resume", func(t *testing.T) {
		again := runProgram(t, exitOK, program, "demo", "--small", "--backend", engine, "--out", out)
		if again != text { // the seconds, too: nothing was trained again
			t.Errorf("the second run printed\n%s\nand the first\n%s", again, text)
		}
		runProgram(t, exitUsage, program, "demo", "--small", "--backend", engine, "--seed", "9", "--out", out)
	})

	padapter := filepath.Join(out, "runs", "target-padapter")
	clips := t.TempDir()
	for i := range 3 {
		name := fmt.Sprintf("clip_%03d.avi", i)
		video, err := os.ReadFile(filepath.Join(out, "unseen", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(clips, name), video, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	t.Run("label", func(t *testing.T) {
		labels := filepath.Join(t.TempDir(), "labels.parquet")
		runProgram(t, exitOK, program, "label", "--backend", engine, "--checkpoint", padapter, "--input", clips, "--out", labels)
		best, err := demo.BestLabels(t.Context(), labels)
		if err != nil {
			t.Fatal(err)
		}
		fromDemo, err := demo.BestLabels(t.Context(), filepath.Join(out, "labels.parquet"))
		if err != nil {
			t.Fatal(err)
		}
		if len(best) != 3 || len(fromDemo) != 8 {
			t.Fatalf("%d and %d rows, want 3 and 8", len(best), len(fromDemo))
		}
		for id, name := range best {
			if name == "" || fromDemo[id] != name {
				t.Errorf("%s is %q alone and %q among others", id, name, fromDemo[id])
			}
		}
	})

	t.Run("label an archive", func(t *testing.T) {
		dir := t.TempDir()
		want, got := filepath.Join(dir, "folder.parquet"), filepath.Join(dir, "archive.parquet")
		runProgram(t, exitOK, program, "label", "--backend", engine, "--checkpoint", padapter, "--input", clips, "--out", want)
		archive := filepath.Join(dir, "clips 1#.tar.gz")
		if text, err := exec.Command("tar", "-C", clips, "-czf", archive, ".").CombinedOutput(); err != nil {
			t.Fatalf("tar: %v\n%s", err, text)
		}
		runProgram(t, exitOK, program, "label", "--backend", engine, "--checkpoint", padapter, "--input", archive, "--out", got)
		fromFolder, err := demo.BestLabels(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		fromArchive, err := demo.BestLabels(t.Context(), got)
		if err != nil {
			t.Fatal(err)
		}
		if len(fromArchive) != len(fromFolder) {
			t.Errorf("%d rows of the archive, %d of the folder", len(fromArchive), len(fromFolder))
		}
		for id, name := range fromFolder {
			if fromArchive["./"+id] != name {
				t.Errorf("%s is %q in the archive, %q in the folder", id, fromArchive["./"+id], name)
			}
		}
	})

	t.Run("backbone in every form", func(t *testing.T) {
		checkForms(t, filepath.Join(padapter, "best"), filepath.Join(out, "unseen"))
	})

	t.Run("label windows", func(t *testing.T) {
		dir := t.TempDir()
		labels, segments := filepath.Join(dir, "labels.csv"), filepath.Join(dir, "segments.csv")
		runProgram(t, exitOK, program, "label", "--backend", engine, "--checkpoint", padapter, "--input", clips, "--out", labels,
			"--window", "1", "--hop", "0.5", "--on", "0.01", "--off", "0", "--segments", segments, "--webvtt", dir)
		if rows := readCSV(t, labels); len(rows) != 1+9 || rows[9][5] != "1" || rows[9][6] != "2" { // three clips of two seconds
			t.Errorf("windows: %q", rows)
		}
		// With these thresholds every class is on all the time.
		rows := readCSV(t, segments)
		if len(rows) != 1+3*8 || rows[1][4] != "0" || rows[1][5] != "2" {
			t.Errorf("segments: %q", rows)
		}
		cues, err := os.ReadFile(filepath.Join(dir, "clip_002.avi.vtt"))
		if err != nil || strings.Count(string(cues), "00:00:00.000 --> 00:00:02.000") != 8 {
			t.Errorf("%v, cues\n%s", err, cues)
		}
	})

	t.Run("label a broken clip", func(t *testing.T) {
		if err := os.WriteFile(filepath.Join(clips, "broken.avi"), []byte("RIFF, but no video"), 0o644); err != nil {
			t.Fatal(err)
		}
		labels := filepath.Join(t.TempDir(), "labels.jsonl")
		runProgram(t, exitRecords, program, "label", "--backend", engine, "--checkpoint", padapter, "--input", clips, "--out", labels)
		text, err := os.ReadFile(labels)
		if err != nil {
			t.Fatal(err)
		}
		failed := 0
		rows := strings.Split(strings.TrimSpace(string(text)), "\n")
		for _, line := range rows {
			var row struct {
				ID         string
				Error      *string
				LabelNames []string `json:"label_names"`
			}
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			if broken := row.ID == "broken.avi"; broken != (row.Error != nil) || broken != (row.LabelNames == nil) {
				t.Errorf("row %s", line)
			}
			if row.Error != nil {
				failed++
			}
		}
		if len(rows) != 4 || failed != 1 {
			t.Errorf("%d rows, %d with a reason; want 4 and 1", len(rows), failed)
		}
	})

	t.Run("eval", func(t *testing.T) {
		// From the manifest the clips are decoded again, not read from shards; the result must be the demo's.
		report := filepath.Join(t.TempDir(), "report.json")
		runProgram(t, exitOK, program, "eval", "--backend", engine, "--checkpoint", padapter, "--data", filepath.Join(out, "target.parquet"), "--split", "test", "--out", report)
		text, err := os.ReadFile(report)
		if err != nil {
			t.Fatal(err)
		}
		var measured evaluate.Report
		if err := json.Unmarshal(text, &measured); err != nil {
			t.Fatal(err)
		}
		text, err = os.ReadFile(filepath.Join(padapter, "demo.json"))
		if err != nil {
			t.Fatal(err)
		}
		var run demo.TrainingRun
		if err := json.Unmarshal(text, &run); err != nil {
			t.Fatal(err)
		}
		if measured.Evaluated != run.Clips || measured.Metrics.Top1 != run.Top1 {
			t.Errorf("eval: %v of %d clips; the demo: %v of %d", measured.Metrics.Top1, measured.Evaluated, run.Top1, run.Clips)
		}
	})

	t.Run("wrong flags", func(t *testing.T) {
		runProgram(t, exitUsage, program, "demo", "--big")
		runProgram(t, exitUsage, program, "label", "--checkpoint", padapter)
		runProgram(t, exitUsage, program, "label", "--backend", engine, "--checkpoint", padapter, "--input", clips, "--out", "x.csv", "--segments", "s.csv")
		runProgram(t, exitFailed, program, "label", "--checkpoint", clips, "--input", clips, "--out", filepath.Join(t.TempDir(), "x.parquet"))
	})
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// checkSmallReport checks what the small demo must say whatever it learnt.
func checkSmallReport(t *testing.T, out string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(out, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report demo.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	trained := map[string]int64{}
	for _, run := range append(report.Target, report.Source) {
		trained[run.Recipe] = run.Trained
		if run.Clips != 32 || run.Top1 < 0 || run.Top1 > 1 || run.Total < run.Trained {
			t.Errorf("run %+v", run)
		}
	}
	linear, padapter, full := trained["demo-target-linear"], trained["demo-target-padapter"], trained["demo-target-full"]
	if linear == 0 || padapter <= linear || full <= padapter || padapter != trained["demo-target-shuffled"] || full != trained["demo-source"] {
		t.Errorf("trained parameters: %v", trained)
	}
	if report.Chance != 0.125 || report.Labels.Rows != 8 {
		t.Errorf("chance %v, %d labels", report.Chance, report.Labels.Rows)
	}
}

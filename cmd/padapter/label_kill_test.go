package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	labelling "padapter/cmd/internal/jobs/label"
	"padapter/models/backend"
	"padapter/models/label"
	"padapter/pipeline/pipelinetest"
)

// labelWorld is a checkpoint and a folder of clips, some of them broken, with a program that labels them.
type labelWorld struct {
	program, dir string
}

func (w labelWorld) at(name string) string { return filepath.Join(w.dir, name) }

func (w labelWorld) args(out string, more ...string) []string {
	return append([]string{"label", "--checkpoint", w.at("run"), "--input", w.at("archive"), "--out", w.at(out), "--backend", testBackend, "--quiet", "--unit", "3"}, more...)
}

// newLabelWorld trains a network for a moment and fills the folder "archive".
func newLabelWorld(t *testing.T) labelWorld {
	t.Helper()
	w := labelWorld{buildProgram(t), t.TempDir()}
	renderMoves(t, w.at("clips"), "train", 8, 1)
	renderMoves(t, w.at("clips"), "val", 4, 2)
	renderMoves(t, w.at("archive"), "x", 20, 3)
	runProgram(t, exitOK, w.program, "manifest", "build", "folder", "--root", w.at("clips"), "--out", w.at("clips.parquet"))
	recipe := strings.NewReplacer("epochs: 8", "epochs: 1", "stride: 1, temporal: uniform", "stride: 2, temporal: dense").Replace(movesRecipe)
	if err := os.WriteFile(w.at("recipe.yaml"), []byte(recipe), 0o644); err != nil {
		t.Fatal(err)
	}
	runProgram(t, exitOK, w.program, "train", "--recipe", w.at("recipe.yaml"), "--train", w.at("clips.parquet"), "--train-split", "train", "--val", w.at("clips.parquet"), "--val-split", "val",
		"--backend", testBackend, "--out", w.at("run"), "--quiet")
	if err := os.WriteFile(w.at("archive/broken.avi"), []byte("RIFF no video"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.at("archive/empty.mp4"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return w
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestLabelUnits(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and trains")
	}
	w := newLabelWorld(t)
	t.Run("kills", func(t *testing.T) { labellingSurvivesKills(t, w) })
	t.Run("provenance", func(t *testing.T) { labelSaysHowItsRowsCameToBe(t, w) })
	t.Run("object store", func(t *testing.T) { labelFromAnObjectStore(t, w) })
	t.Run("change", func(t *testing.T) { labellingAChangedArchive(t, w) }) // changes the archive
}

// Labelling that is killed at random moments and run again ends with the files of a run that nobody disturbed, in every
// form. PADAPTER_LONG=1 kills 50 times instead of 5.
func labellingSurvivesKills(t *testing.T, w labelWorld) {
	forms := [][]string{{}, {"--views", "2", "--embedding"}, {"--window", "0.3", "--hop", "0.1", "--segments", "SEG"}}
	for _, engine := range []string{"openvino", "xla"} {
		if _, err := backend.OpenWith(backend.Settings{Engine: engine, Precision: backend.BFloat16}); err != nil {
			t.Logf("not killed in bfloat16: %v", err)
			continue
		}
		forms = append(forms, []string{"--backend", engine, "--precision", "bfloat16"})
	}
	kills, wanted := 0, pipelinetest.Kills(t, 5)
	rng := rand.New(rand.NewPCG(3, 14))
	for i, form := range forms {
		name := string(rune('a' + i))
		with := func(prefix string) []string {
			args := slices.Clone(form)
			for k, a := range args {
				if a == "SEG" {
					args[k] = w.at(prefix + name + "-segments.csv")
				}
			}
			return w.args(prefix+name+".parquet", args...)
		}
		began := time.Now()
		runProgram(t, exitRecords, w.program, with("whole-")...)
		lasted := time.Since(began)
		enough := wanted * (i + 1) / len(forms)
		for round := 0; round == 0 || kills < enough && round < wanted; round++ {
			if err := os.RemoveAll(w.at("killed-" + name + ".parquet.ledger")); err != nil {
				t.Fatal(err)
			}
			for finished := false; !finished; {
				limit := time.Duration(float64(lasted) * (0.1 + 0.8*rng.Float64()))
				if kills >= enough {
					limit = 10*lasted + time.Minute
				}
				if finished = !killedAfter(t, limit, w.program, with("killed-")); !finished {
					kills++
				}
			}
			for _, file := range []string{name + ".parquet", name + "-segments.csv"} {
				if strings.HasSuffix(file, ".csv") && !slices.Contains(form, "SEG") {
					continue
				}
				if !bytes.Equal(mustRead(t, w.at("whole-"+file)), mustRead(t, w.at("killed-"+file))) {
					t.Errorf("%s differs from that of an undisturbed run", file)
				}
			}
		}
	}
	if kills < wanted {
		t.Errorf("%d kills of %d: runs were through before they could be killed", kills, wanted)
	}
	left, err := filepath.Glob(w.at("*/parts/.*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// killedAfter runs the program and reports whether it was killed before its end, which must be that of a run with broken
// files.
func killedAfter(t *testing.T, limit time.Duration, program string, args []string) bool {
	t.Helper()
	return killedBefore(t, limit, exitRecords, program, args)
}

// killedBefore runs the program and reports whether it was killed before its end, which must be with an exit code.
func killedBefore(t *testing.T, limit time.Duration, want int, program string, args []string) bool {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(limit, func() { _ = command.Process.Kill() })
	err := command.Wait()
	timer.Stop()
	if status, ok := command.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return true
	}
	if code := command.ProcessState.ExitCode(); code != want {
		t.Fatalf("it ended with %d (%v)\n%s", code, err, &output)
	}
	return false
}

// A list that changes between runs costs only what is new.
func labellingAChangedArchive(t *testing.T, w labelWorld) {
	run := func(code int, more ...string) (s labelling.Summary) {
		t.Helper()
		output := runProgram(t, code, w.program, append(slices.DeleteFunc(w.args("l.jsonl", more...), func(a string) bool { return a == "--quiet" }), "--json")...)
		for line := range strings.Lines(output) {
			if strings.Contains(line, `"outputs"`) {
				var event struct{ Result labelling.Summary }
				if err := json.Unmarshal([]byte(line), &event); err != nil {
					t.Fatal(err)
				}
				s = event.Result
			}
		}
		return s
	}
	rows := func() (ids []string, errors int) {
		for line := range strings.Lines(string(mustRead(t, w.at("l.jsonl")))) {
			var row struct {
				ID    string
				Error *string
			}
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatal(err)
			}
			if ids = append(ids, row.ID); row.Error != nil {
				errors++
			}
		}
		return ids, errors
	}
	first := run(exitRecords)
	ids, failed := rows()
	if first.Inputs != len(ids) || first.Kept != 0 || failed != 2 || len(first.Outputs) != 1 || first.Outputs[0].Failed != 2 {
		t.Fatalf("%+v with %d rows, %d failed", first, len(ids), failed)
	}
	before := mustRead(t, w.at("l.jsonl"))
	if again := run(exitRecords); again.Kept != first.Inputs || !bytes.Equal(before, mustRead(t, w.at("l.jsonl"))) {
		t.Errorf("the same again: %+v", again)
	}
	// One is gone, one is new, one has changed, and a broken one is mended.
	var clips []string
	if err := filepath.WalkDir(w.at("archive"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".avi") && d.Name() != "broken.avi" {
			clips = append(clips, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for to, from := range map[string]string{clips[0]: clips[1], w.at("archive/a new one.avi"): clips[2], w.at("archive/broken.avi"): clips[3]} {
		if err := os.WriteFile(to, mustRead(t, from), 0o644); err != nil {
			t.Fatal(err)
		}
		later := time.Now().Add(time.Minute)
		if err := os.Chtimes(to, later, later); err != nil {
			t.Fatal(err)
		}
	}
	gone, err := filepath.Rel(w.at("archive"), clips[4])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(clips[4]); err != nil {
		t.Fatal(err)
	}
	s := run(exitRecords)
	if s.Inputs != first.Inputs || s.Kept != first.Inputs-3 || s.Changed != 2 || s.Removed != 1 || len(s.Gone) != 1 || s.Gone[0] != filepath.ToSlash(gone) {
		t.Errorf("after the change: %+v", s)
	}
	ids, failed = rows()
	if !slices.IsSorted(ids) || slices.Contains(ids, gone) || !slices.Contains(ids, "a new one.avi") || failed != 1 || len(slices.Compact(slices.Clone(ids))) != first.Inputs {
		t.Errorf("rows %q, %d failed", ids, failed)
	}
	if again := run(exitRecords, "--retry-failed"); again.Kept != first.Inputs-1 {
		t.Errorf("failed ones again: %+v", again)
	}
	if ids, failed := rows(); len(ids) != first.Inputs || failed != 1 {
		t.Errorf("after another try %d rows, %d failed", len(ids), failed)
	}
	code, _, refused := padapter(t, w.args("l.jsonl", "--top-k", "1")...)
	if code != exitFailed || !strings.Contains(refused, "top-k was") || !strings.Contains(refused, "--restart") {
		t.Errorf("other settings: %s", refused)
	}
	runProgram(t, exitRecords, w.program, w.args("l.jsonl", "--top-k", "1", "--restart")...)
}

// Temperature, views, crops and embeddings reach the rows, and what made them is in the file.
func labelSaysHowItsRowsCameToBe(t *testing.T, w labelWorld) {
	runProgram(t, exitRecords, w.program, w.args("p.parquet", "--views", "2", "--crops", "3", "--embedding", "--temperature", "2.5")...)
	rows, meta, err := label.ReadParquet(t.Context(), w.at("p.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"views": "6", "temperature": "2.5", "engine": testBackend, "seed": "5", "windows": ""} {
		if got := meta["padapter."+key]; got != want {
			t.Errorf("metadata %s is %q, want %q", key, got, want)
		}
	}
	for _, key := range []string{"clip", "model", "backbone_sha256", "adapter_sha256", "recipe_hash"} {
		if meta["padapter."+key] == "" {
			t.Errorf("metadata %s is empty", key)
		}
	}
	for _, row := range rows {
		if row.Error != "" {
			continue
		}
		if row.Views != 6 || len(row.Embedding) == 0 || len(row.Frames) != len(row.Seconds) || len(row.Frames)%6 != 0 {
			t.Fatalf("%s: %d views, %d frames, an embedding of %d", row.ID, row.Views, len(row.Frames), len(row.Embedding))
		}
	}
	for want, args := range map[string][]string{
		"--crops 2":     {"--crops", "2"},
		"--window":      {"--window", "1", "--views", "2"},
		"--embedding":   {"--embedding", "--out", w.at("x.csv")},
		"--temperature": {"--temperature", "-1"},
		"must end in ":  {"--out", w.at("x.txt")},
	} {
		if code, _, text := padapter(t, w.args("y.parquet", args...)...); code != exitUsage || !strings.Contains(text, want) {
			t.Errorf("%v: exit code %d: %s", args, code, text)
		}
	}
}

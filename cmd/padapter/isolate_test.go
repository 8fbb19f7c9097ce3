//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"padapter/pipeline"
	"padapter/pipeline/batch"
	"padapter/pipeline/isolate"
	"padapter/pipeline/pipelinetest"
	"padapter/pipeline/shard"
)

// plantedFiles writes clips, of which some have faults planted, and says what their rows' errors begin with.
func plantedFiles(t *testing.T, root string) map[string]string {
	t.Helper()
	want := map[string]string{}
	for i := range 12 {
		name := fmt.Sprintf("clip-%02d.avi", i)
		pipelinetest.WriteClip(t, filepath.Join(root, name), i)
		want[name] = ""
	}
	for name, text := range map[string]string{
		"clip-02.avi": "padapter-crash-test:SIGSEGV", "clip-05.avi": "padapter-crash-test:SIGABRT", "clip-06.avi": "padapter-crash-test:SIGSEGV",
		"clip-09.avi": "padapter-crash-test:hanging",
	} {
		f, err := os.OpenFile(filepath.Join(root, name), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteString(text)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if want[name] = "crash: "; strings.HasSuffix(text, "hanging") {
			want[name] = "timeout: "
		}
	}
	if err := os.WriteFile(filepath.Join(root, "text.avi"), []byte("this is no video"), 0o644); err != nil {
		t.Fatal(err)
	}
	want["text.avi"] = "unsupported: "
	return want
}

// checkReasons compares the errors of all rows with what was planted.
func checkReasons(t *testing.T, what string, got map[string][]string, want map[string]string) {
	t.Helper()
	for name, begin := range want {
		if rows := got[name]; len(rows) != 1 || begin == "" != (rows[0] == "") || !strings.HasPrefix(rows[0], begin) {
			t.Errorf("%s: %s has rows with errors %q, want one that begins %q", what, name, rows, begin)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: rows of %d files, want %d", what, len(got), len(want))
	}
}

// Files that crash or hang the decoder cost one row each.
func TestPlantedCrashesCostTheirRows(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	program, dir := buildCrashing(t), t.TempDir()
	root, man := filepath.Join(dir, "clips"), filepath.Join(dir, "all.csv")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	want := plantedFiles(t, root)
	recipe := filepath.Join(dir, "r.yaml")
	if err := os.WriteFile(recipe, []byte(movesRecipe), 0o644); err != nil {
		t.Fatal(err)
	}
	runProgram(t, exitOK, program, "manifest", "build", "directory", "--root", root, "--out", man)

	probed := filepath.Join(dir, "probed.csv")
	runProgram(t, exitRecords, program, "manifest", "probe", man, "--out", probed, "--timeout", "2s", "--workers", "2")
	got := map[string][]string{}
	for _, r := range readManifest(t, probed).Records {
		got[r.URI] = append(got[r.URI], r.Reason)
	}
	checkReasons(t, "probe", got, want)

	contents := []string{pipeline.Fixed}
	if os.Getenv("PADAPTER_LONG") != "" {
		contents = append(contents, "frames")
	}
	for _, content := range contents {
		out := filepath.Join(dir, "shards-"+content)
		runProgram(t, exitRecords, program, "preprocess", "--manifest", man, "--recipe", recipe, "--out", out, "--content", content, "--timeout", "2s", "--workers", "2")
		errs, err := rowErrors(t, out, content)
		if err != nil {
			t.Fatal(err)
		}
		checkReasons(t, "preprocess "+content, errs, want)
	}

	at := func(name string) string { return filepath.Join(dir, name) }
	renderMoves(t, at("moves"), "train", 4, 1)
	renderMoves(t, at("moves"), "val", 1, 2)
	mustPadapter(t, "manifest", "build", "folder", "--root", at("moves"), "--out", at("moves.csv"))
	mustPadapter(t, "train", "--recipe", quickRecipe(t, dir), "--train", at("moves.csv"), "--train-split", "train", "--val", at("moves.csv"), "--val-split", "val", "--backend", testBackend, "--out", at("run"))
	runProgram(t, exitRecords, program, "label", "--checkpoint", at("run"), "--input", man, "--out", at("labels.jsonl"), "--backend", testBackend, "--timeout", "2s", "--workers", "2")
	text, err := os.ReadFile(at("labels.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		var row struct{ URI, Error string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		labels[row.URI] = append(labels[row.URI], row.Error)
	}
	checkReasons(t, "label", labels, want)
}

// rowErrors lists the errors of a folder's rows by URI.
func rowErrors(t *testing.T, dir, content string) (map[string][]string, error) {
	t.Helper()
	got := map[string][]string{}
	if content != pipeline.Fixed {
		set, err := shard.OpenMedia(dir)
		if err != nil {
			return nil, err
		}
		for _, r := range set.Manifest().Records {
			got[r.URI] = append(got[r.URI], r.Reason)
		}
		return got, nil
	}
	set, err := shard.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	for record, err := range set.Batches(t.Context(), shard.Order{}) {
		if err != nil {
			return nil, err
		}
		clips, err := batch.View(record)
		if err != nil {
			return nil, err
		}
		for i := range clips.Len() {
			got[clips.URI(i)] = append(got[clips.URI(i)], clips.Err(i))
		}
	}
	return got, nil
}

// children are the processes that decode for a parent.
func children(parent int) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range all {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		_, rest, _ := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(parent) && bytes.Contains(line, []byte("\x00"+isolate.Child+"\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// Children that are killed at random moments change no byte, and a killed parent leaves none behind.
func TestKilledChildrenChangeNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	kills := pipelinetest.Kills(t, 5)
	program, dir := buildProgram(t), t.TempDir()
	clips, recipe, man := filepath.Join(dir, "clips"), filepath.Join(dir, "r.yaml"), filepath.Join(dir, "m.csv")
	renderMoves(t, clips, "train", 20, 1)
	if err := os.WriteFile(recipe, []byte(movesRecipe), 0o644); err != nil {
		t.Fatal(err)
	}
	runProgram(t, exitOK, program, "manifest", "build", "folder", "--root", clips, "--out", man)
	args := func(out string, more ...string) []string {
		return append([]string{"preprocess", "--manifest", man, "--recipe", recipe, "--out", out, "--training", "--views", strconv.Itoa(kills * 8), "--workers", "2", "--quiet"}, more...)
	}
	whole, out := filepath.Join(dir, "whole"), filepath.Join(dir, "out")
	runProgram(t, exitOK, program, args(whole, "--isolate=false")...)

	rng := rand.New(rand.NewPCG(3, 8))
	done := 0
	for round := 0; done < kills && round < 20; round++ {
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		done += killChildren(t, rng, program, args(out), kills-done)
		sameFolders(t, whole, out)
	}
	if done < kills {
		t.Errorf("%d kills of %d", done, kills)
	}

	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, args(out)...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var orphans []int
	for ticks := time.NewTicker(2 * time.Millisecond); len(orphans) == 0; <-ticks.C {
		orphans = children(command.Process.Pid)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // it was killed
	for _, pid := range orphans {
		if !gone(t, pid) {
			t.Errorf("process %d outlives its parent", pid)
		}
	}
	runProgram(t, exitOK, program, args(out)...)
	sameFolders(t, whole, out)
}

// killChildren runs the program and kills up to most of its children at random moments.
func killChildren(t *testing.T, rng *rand.Rand, program string, args []string, most int) (done int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancelCause(t.Context())
	go func() { cancel(fmt.Errorf("ended: %w", command.Wait())) }()
	for ended.Err() == nil {
		select {
		case <-time.After(time.Duration(20+rng.IntN(150)) * time.Millisecond):
		case <-ended.Done():
		}
		if pids := children(command.Process.Pid); len(pids) > 0 && done < most && ended.Err() == nil {
			if syscall.Kill(pids[rng.IntN(len(pids))], syscall.SIGKILL) == nil {
				done++
			}
		}
	}
	if code := command.ProcessState.ExitCode(); code != exitOK {
		t.Fatalf("exit code %d after %d kills\n%s", code, done, output.String())
	}
	return done
}

// gone waits for the end of a process that is nobody's child here.
func gone(t *testing.T, pid int) bool {
	t.Helper()
	ticks, limit := time.NewTicker(5*time.Millisecond), time.After(5*time.Second)
	defer ticks.Stop()
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			return true
		}
		if _, rest, _ := strings.Cut(string(stat), ") "); strings.HasPrefix(rest, "Z") {
			return true // nobody has asked for its status yet
		}
		select {
		case <-ticks.C:
		case <-limit:
			return false
		}
	}
}

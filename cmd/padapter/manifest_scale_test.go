//go:build unix

package main

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// millionRows writes a list of n records with facts, in 400 classes.
func millionRows(t *testing.T, path string, n int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(f)
	fmt.Fprintln(out, "id,uri,label,label_name,split,group,dataset,frames,fps,duration,width,height,codec,bytes,sha256")
	for i := range n {
		label := i * 7 % 400
		fmt.Fprintf(out, "large/%08d,class %03d/clip number %08d.mp4,%d,class %03d,%s,g%06d,large,%d,25,%g,320,240,h264,%d,%x\n",
			i, label, i, label, label, []string{"train", "train", "train", "val"}[i%4], i/20, i%300+1, float64(i%300+1)/25, 1+i*1000, sha256.Sum256([]byte(strconv.Itoa(i))))
	}
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// millionPaths writes a VideoMAE list of n files.
func millionPaths(t *testing.T, path string, n int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(f)
	for i := range n {
		fmt.Fprintf(out, "class %03d/clip number %08d.mp4 %d\n", i%400, i, i%400)
	}
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// A million rows are built within a minute, counted and filtered in 5 seconds each, and no operation takes more
// than 1 GiB of memory. Run with PADAPTER_LONG=1.
func TestMillionRows(t *testing.T) {
	if os.Getenv("PADAPTER_LONG") == "" {
		t.Skip("PADAPTER_LONG is not set: takes about a minute")
	}
	program, dir := buildProgram(t), t.TempDir()
	paths := filepath.Join(dir, "paths.txt")
	millionPaths(t, paths, 1_000_000)
	list, in, out := filepath.Join(dir, "in.csv"), filepath.Join(dir, "in.parquet"), filepath.Join(dir, "out.parquet")
	millionRows(t, list, 1_000_000)
	for _, tt := range []struct {
		seconds float64 // allowed; 0 allows any
		gib     int     // of memory allowed
		code    int
		args    []string
	}{
		{60, 1, exitRecords, []string{"build", "list", "--list", paths, "--out", out}}, // none of the files is there
		{0, 1, exitOK, []string{"convert", list, in}},
		{5, 1, exitOK, []string{"stats", in}},
		{5, 1, exitOK, []string{"filter", in, "--split", "train", "--frames", "100:200", "--uri", "class 1*", "--out", out}},
		{5, 1, exitOK, []string{"filter", in, "--split", "train", "--out", out}}, // mostly writing
		{0, 1, exitOK, []string{"sample", in, "--fraction", "0.5", "--per-class", "--out", out}},
		{0, 1, exitOK, []string{"split", in, "--parts", "train=9,val=1", "--out", out}},
		{0, 1, exitFailed, []string{"diff", in, out}}, // a quarter or so of the records differ
		{0, 1, exitOK, []string{"convert", in, filepath.Join(dir, "out.jsonl")}},
		{0, 1, exitOK, []string{"merge", in, "--out", out}},
		{0, 1, exitOK, []string{"diff", in, in}},
		{0, 1, exitFailed, []string{"doctor", in}}, // its groups are torn apart
		{0, 1, exitFailed, []string{"doctor", in, "--json"}},
	} {
		command := exec.CommandContext(t.Context(), program, append([]string{"manifest", "-q"}, tt.args...)...)
		start := time.Now()
		text, _ := command.CombinedOutput()
		wall := time.Since(start).Seconds()
		if code := command.ProcessState.ExitCode(); code != tt.code {
			t.Fatalf("%q: exit code %d\n%s", tt.args, code, text)
		}
		used := command.ProcessState.SysUsage().(*syscall.Rusage)
		cpu := (command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds()
		mib := used.Maxrss >> 10 // kilobytes on Linux
		t.Logf("%s: %.1f s, %.1f s of processors, %d MiB", tt.args[0], wall, cpu, mib)
		if used := min(wall, cpu); tt.seconds > 0 && used > tt.seconds { // processor time where others keep the machine busy
			t.Errorf("%q took %.1f s, want at most %g", tt.args, used, tt.seconds)
		}
		if most := int64(tt.gib) << 10; mib > most {
			t.Errorf("%q took %d MiB, want at most %d", tt.args, mib, most)
		}
	}
}

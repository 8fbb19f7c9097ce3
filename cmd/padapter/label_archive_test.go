//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"padapter/models/label"
)

// TestArchiveOfTenThousand labels an archive with 1 % broken files and three that crash the decoder, and kills the program
// a few times on the way: every input has one row, and only the spoiled ones have no labels. Run with PADAPTER_LONG=1.
func TestArchiveOfTenThousand(t *testing.T) {
	if os.Getenv("PADAPTER_LONG") == "" {
		t.Skip("PADAPTER_LONG is not set: takes some minutes")
	}
	w := newLabelWorld(t)
	w.program = buildCrashing(t)
	clips, err := filepath.Glob(w.at("archive/x/*/*.avi"))
	if err != nil || len(clips) == 0 {
		t.Fatalf("%d clips, %v", len(clips), err)
	}
	const files = 10_000
	root := w.at("big")
	want := map[string]string{} // how the row's error begins
	for i := range files {
		name := fmt.Sprintf("%03d/clip %05d.avi", i%100, i)
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		content := mustRead(t, clips[i%len(clips)])
		want[name] = ""
		switch {
		case i%3000 == 1234: // three of them
			content, want[name] = append(content, "padapter-crash-test:SIGSEGV"...), "crash: "
		case i%100 == 50:
			content, want[name] = content[:40], "any"
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"label", "--checkpoint", w.at("run"), "--input", root, "--out", w.at("big.parquet"), "--quiet"}
	began, kills := time.Now(), 0
	for _, limit := range []time.Duration{2 * time.Second, 3 * time.Second, 2 * time.Second, time.Hour} {
		if !killedAfter(t, limit, w.program, args) {
			break
		}
		kills++
	}
	t.Logf("%d files in %s, with %d kills", files, time.Since(began).Round(time.Second), kills)
	rows, _, err := label.ReadParquet(t.Context(), w.at("big.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	failed := map[string]int{}
	for _, row := range rows {
		begin, there := want[row.ID]
		delete(want, row.ID)
		switch {
		case !there:
			t.Errorf("a row of %q, which is no input or has two", row.ID)
		case (begin == "") != (row.Error == ""), begin != "any" && !strings.HasPrefix(row.Error, begin):
			t.Errorf("%s has the error %q, want %q", row.ID, row.Error, begin)
		}
		if row.Error != "" {
			reason, _, _ := strings.Cut(row.Error, ": ")
			failed[reason]++
		}
	}
	if len(want) != 0 || failed["crash"] != 3 {
		t.Errorf("%d inputs have no row; failed %v", len(want), failed)
	}
	t.Logf("failed: %v", failed)
}

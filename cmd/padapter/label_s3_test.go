package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/ingest/source/s3test"
	"padapter/manifests"
	"padapter/models/label"
)

// An archive on an S3 server is listed, probed and labelled as it is on disk.
func labelFromAnObjectStore(t *testing.T, w labelWorld) {
	s3test.Start(t, "archive")
	err := filepath.WalkDir(w.at("archive"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(w.at("archive"), path)
		if err == nil {
			s3test.Put(t, "archive", "in here/"+filepath.ToSlash(name), mustRead(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const place = "s3://archive/in here"
	runProgram(t, exitRecords, w.program, w.args("disk.parquet")...)
	args := w.args("store.parquet")
	for i, a := range args {
		if a == w.at("archive") {
			args[i] = place
		}
	}
	runProgram(t, exitRecords, w.program, args...)
	disk, _, err := label.ReadParquet(t.Context(), w.at("disk.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	store, _, err := label.ReadParquet(t.Context(), w.at("store.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if len(disk) != len(store) {
		t.Fatalf("%d rows from the store, %d from disk", len(store), len(disk))
	}
	labelled := 0
	for i, row := range store {
		on := disk[i]
		if row.ID != on.ID || (row.Error == "") != (on.Error == "") || strings.Join(row.Names, "|") != strings.Join(on.Names, "|") {
			t.Errorf("row %d is %+v, on disk %+v", i, row, on)
		}
		for k, score := range row.Scores {
			if score != on.Scores[k] {
				t.Errorf("%s scores %v, on disk %v", row.ID, row.Scores, on.Scores)
			}
		}
		if row.Error == "" {
			labelled++
		}
	}
	if labelled != len(store)-2 {
		t.Errorf("%d of %d rows have labels", labelled, len(store))
	}
	runProgram(t, exitRecords, w.program, "manifest", "build", "directory", "--root", place, "--out", w.at("store-list.parquet"), "-q")
	runProgram(t, exitRecords, w.program, "manifest", "probe", w.at("store-list.parquet"), "-q")
	man, err := manifests.ReadFile(w.at("store-list.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, r := range man.Records {
		if r.Status == manifests.Found && r.Facts.Frames > 0 && r.Facts.SHA256 != "" {
			found++
		}
	}
	if found != labelled {
		t.Errorf("the probe found %d whole files, label %d", found, labelled)
	}
	runProgram(t, exitRecords, w.program, append(w.args("probed.jsonl"), "--input", w.at("store-list.parquet"))...)
	if lines := bytes.Count(mustRead(t, w.at("probed.jsonl")), []byte("\n")); lines != len(store) {
		t.Errorf("%d rows of the probed manifest, want %d", lines, len(store))
	}
	if _, err := os.Stat("s3:"); err == nil {
		t.Error("a folder called s3: appeared")
	}
}

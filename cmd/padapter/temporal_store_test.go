//go:build unix

package main

import (
	"bytes"
	"testing"

	"padapter/ingest/source"
	"padapter/ingest/source/s3test"
	"padapter/models/checkpoint"
)

// Workers that share an object store and no folder: the checkpoint, the ledger and the labels, the manifest and
// the shards, are there. What they write has the bytes of a run in one process on disk.
func TestTemporalOnAnObjectStore(t *testing.T) {
	s3test.Start(t, "results")
	stores := source.NewStore(t.Context())
	unregister := stores.Register()
	t.Cleanup(func() {
		unregister()
		if err := stores.Close(); err != nil {
			t.Error(err)
		}
	})
	s := newLabelStation(t)
	t.Cleanup(s.serve().kill)
	for range 2 {
		t.Cleanup(s.worker().kill)
	}
	w := storeWorld{labelWorld: s.labelWorld}
	if err := checkpoint.Upload(w.at("run/best"), w.on("run")); err != nil {
		t.Fatal(err)
	}
	temporal := []string{"--engine", "temporal", "--temporal", s.address(), "--queue", "test", "-q"}
	runProgram(t, exitOK, w.program, "manifest", "build", "folder", "--root", w.at("clips"), "--out", w.on("clips.parquet"), "-q")
	preprocess := func(out string) []string {
		return []string{"preprocess", "--manifest", w.on("clips.parquet"), "--recipe", w.at("recipe.yaml"), "--out", out, "--shard-records", "3"}
	}
	runProgram(t, exitOK, w.program, append(preprocess(w.on("shards")), temporal...)...)
	runProgram(t, exitOK, w.program, append(preprocess(w.at("shards")), "-q")...)
	sameFolders(t, w.at("shards"), w.fetch(t, "shards"))
	label := func(run, out string) []string {
		return []string{"label", "--checkpoint", run, "--input", w.at("archive"), "--out", out, "--backend", testBackend, "--unit", "3", "--views", "4"}
	}
	runProgram(t, exitRecords, w.program, append(label(w.on("run"), w.on("labels.parquet")), temporal...)...)
	runProgram(t, exitRecords, w.program, append(label(w.at("run"), w.at("labels.parquet")), "-q")...)
	if !bytes.Equal(w.read(t, "labels.parquet"), mustRead(t, w.at("labels.parquet"))) {
		t.Error("labels differ from those that one process writes")
	}
}

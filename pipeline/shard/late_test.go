package shard_test

import (
	"os"
	"path/filepath"
	"testing"

	"padapter/pipeline/batch"
	"padapter/pipeline/shard"
)

// A process that begins a shard which another has completed meanwhile, and gives it up, takes nothing away. A damaged shard
// does not count as complete from the moment in which it is begun anew.
func TestLateWriterLeavesTheMarker(t *testing.T) {
	dir := t.TempDir()
	j := job(20, "none")
	write(t, dir, j)
	begin := func(number int) {
		t.Helper()
		w, err := shard.Create(t.Context(), dir, j, number, batch.Schema(meta(j)))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Abort(); err != nil {
			t.Fatal(err)
		}
	}
	begin(0)
	if _, kept, err := shard.Kept(t.Context(), dir, j, 0); err != nil || !kept {
		t.Errorf("a shard that was whole is kept: %t, %v", kept, err)
	}
	if err := os.Truncate(filepath.Join(dir, j.Name(1)), 100); err != nil {
		t.Fatal(err)
	}
	begin(1)
	if _, complete := shard.Completed(dir, j, 1); complete {
		t.Error("a damaged shard counts as complete")
	}
}

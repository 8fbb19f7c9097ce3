package shard_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"padapter/pipeline/batch"
	"padapter/pipeline/shard"
)

// BenchmarkRead reads shards of 2 x 224 x 224 clips that the page cache holds.
func BenchmarkRead(b *testing.B) {
	j := job(512, "none")
	j.Clip.Frames, j.Clip.Height, j.Clip.Width, j.Clip.ShortSide = 2, 224, 224, 224
	j.RecipeHash = j.Clip.Hash()
	j.ShardRecords, j.BatchRows = 256, 64
	dir := filepath.Join(b.TempDir(), "shards")
	write(b, dir, j)
	set, err := shard.OpenDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	for name, order := range map[string]shard.Order{"as written": {}, "shuffled": {Shuffle: true}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(set.Index().Bytes)
			start := processorTime(b)
			for b.Loop() {
				rows := 0
				for record, err := range set.Batches(b.Context(), order) {
					if err != nil {
						b.Fatal(err)
					}
					clips, err := batch.View(record)
					if err != nil {
						b.Fatal(err)
					}
					rows += clips.Len()
				}
				if rows != 512 {
					b.Fatalf("%d rows", rows)
				}
			}
			used := processorTime(b) - start
			b.ReportMetric(float64(set.Index().Bytes)*float64(b.N)/1e9/used.Seconds(), "GB/s-of-one-core")
		})
	}
}

// processorTime is what the process has used so far; unlike the clock's time it does not depend on what else runs.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

package shard

import (
	"os"
	"syscall"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/pipeline/batch"
)

// BenchmarkWrite writes shards of 96 clips of 16 x 224 x 224 in batches of 3, from 32 batches in turn, so that they come
// from memory and not from the processor's caches.
func BenchmarkWrite(b *testing.B) {
	j := clipsJob(16, 224, 224, 3)
	var records []arrow.Record
	for range 32 {
		builder, err := batch.NewBuilder(memory.NewGoAllocator(), j.testMeta(), j.BatchRows)
		if err != nil {
			b.Fatal(err)
		}
		for i := range j.BatchRows {
			for k := range builder.Clip(i) {
				builder.Clip(i)[k] = byte(k)
			}
			if err := builder.Set(i, batch.Row{ID: "a", FrameIndex: make([]int32, 16), Seconds: make([]float64, 16)}); err != nil {
				b.Fatal(err)
			}
		}
		record, err := builder.Record(j.BatchRows)
		if err != nil {
			b.Fatal(err)
		}
		defer record.Release()
		records = append(records, record)
	}
	schema := batch.Schema(j.testMeta())
	folders := map[string]string{"disk": b.TempDir()}
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		folders["memory"] = "/dev/shm"
	}
	for place, dir := range folders {
		b.Run("to "+place, func(b *testing.B) {
			clips := 0
			start := processorTime(b)
			for b.Loop() {
				file, err := os.CreateTemp(dir, "*.arrow")
				if err != nil {
					b.Fatal(err)
				}
				s, err := createIPC(&output{to: file}, schema, j, 0)
				for _, record := range records {
					if err == nil {
						err = s.Write(record)
					}
					clips += int(record.NumRows())
				}
				if err == nil {
					err = s.Close()
				}
				file.Close()
				os.Remove(file.Name())
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((processorTime(b)-start)*1e3/float64(clips), "processor-ms/clip")
		})
	}
}

// processorTime is what the process has used so far, in seconds.
func processorTime(b *testing.B) float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

package shard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/zeebo/xxh3"

	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
)

// clipsJob is one of clips of frames x height x width, in shards of 20 rows.
func clipsJob(frames, height, width, batchRows int) Job {
	clip := recipe.Clip{Frames: frames, Stride: 1, Temporal: "dense", ShortSide: height, Height: height, Width: width, Filter: "area",
		TrainTemporal: "center", TrainCrop: "center", Std: [3]float32{1, 1, 1}}
	return Job{Version: "test", RecipeHash: clip.Hash(), Clip: clip, Classes: []string{"a"}, Views: 1, Records: 60, ShardRecords: 20, BatchRows: batchRows, Compression: "none"}
}

func (j Job) testMeta() batch.Meta { return batch.NewMeta(j.Clip, j.Classes, j.Seed, j.Version) }

// noiseRows makes n rows of noise; those for which failed says so have an error.
func noiseRows(t *testing.T, mem memory.Allocator, j Job, first, n int, failed func(row int) bool) arrow.Record {
	t.Helper()
	b, err := batch.NewBuilder(mem, j.testMeta(), n)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	for i := range n {
		row := batch.Row{ID: fmt.Sprintf("row %*d", first+i, first+i), URI: "x", FrameIndex: make([]int32, j.Clip.Frames), Seconds: make([]float64, j.Clip.Frames)}
		if _, err := rand.NewChaCha8([32]byte{byte(first + i)}).Read(b.Clip(i)); err != nil {
			t.Fatal(err)
		}
		if failed(first + i) {
			row.Error = "corrupt: planted"
		}
		if err := b.Set(i, row); err != nil {
			t.Fatal(err)
		}
	}
	record, err := b.Record(n)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// writeClips writes rows of a job, of memory from mem, as an Arrow file.
func writeClips(t *testing.T, to io.Writer, mem memory.Allocator, j Job, rows int, failed func(row int) bool) (*output, error) {
	t.Helper()
	out := &output{to: to}
	s, err := createIPC(out, batch.Schema(j.testMeta()), j, 0)
	for first := 0; first < rows && err == nil; first += j.BatchRows {
		record := noiseRows(t, mem, j, first, min(j.BatchRows, rows-first), failed)
		err = s.Write(record)
		record.Release()
	}
	if err == nil {
		err = s.Close()
	}
	return out, err
}

func create(t *testing.T, dir string) *os.File {
	t.Helper()
	file, err := os.CreateTemp(dir, "*.arrow")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close(); os.Remove(file.Name()) })
	return file
}

var layouts = map[string]struct {
	job    Job
	rows   int
	failed func(row int) bool
}{
	"clips of whole blocks":  {clipsJob(8, 64, 64, 8), 20, func(int) bool { return false }},
	"clips of odd sizes":     {clipsJob(7, 61, 59, 8), 20, func(int) bool { return false }},
	"odd sizes, failed rows": {clipsJob(7, 61, 59, 6), 20, func(row int) bool { return row%3 == 1 }},
	"failed rows alone":      {clipsJob(7, 61, 59, 6), 9, func(int) bool { return true }},
	"large clips":            {clipsJob(16, 224, 224, 3), 7, func(row int) bool { return row == 4 }},
	"tiny clips":             {clipsJob(2, 3, 5, 3), 20, func(row int) bool { return row == 4 }},
	"no rows":                {clipsJob(8, 64, 64, 8), 0, nil},
}

func TestRecordBatchesAreWhatWasWritten(t *testing.T) {
	for name, c := range layouts {
		t.Run(name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			file := create(t, t.TempDir())
			out, err := writeClips(t, file, mem, c.job, c.rows, c.failed)
			if err != nil {
				t.Fatal(err)
			}
			f, err := openIPC(file, out.size)
			if err != nil {
				t.Fatal(err)
			}
			if want := batchCount(c.rows, c.job.BatchRows); f.count() != want {
				t.Fatalf("%d record batches, want %d", f.count(), want)
			}
			theirs, err := ipc.NewFileReader(file)
			if err != nil {
				t.Fatal(err)
			}
			defer theirs.Close()
			// What lies between the magic and the footer is a stream, and may be read as one.
			stream, err := ipc.NewReader(io.NewSectionReader(file, 8, out.size))
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Release()
			for i := range f.count() {
				first, n := i*c.job.BatchRows, min(c.job.BatchRows, c.rows-i*c.job.BatchRows)
				want := noiseRows(t, mem, c.job, first, n, c.failed)
				defer want.Release()
				ours, err := f.record(i, n, mem)
				if err != nil {
					t.Fatal(err)
				}
				defer ours.Release()
				parts, at, ok, err := f.rowsOf(i, n, mem)
				if err != nil || !ok {
					t.Fatalf("record batch %d cannot be read row by row: %v", i, err)
				}
				parts.Release()
				pixels := make([]byte, n*c.job.testMeta().Shape.Bytes())
				if _, err := file.ReadAt(pixels, at); err != nil || !bytes.Equal(pixels, tensorOf(want).ListValues().(*array.Uint8).Uint8Values()) {
					t.Errorf("the pixels of record batch %d are not at %d (%v)", i, at, err)
				}
				their, err := theirs.Record(i)
				if err != nil {
					t.Fatal(err)
				}
				if !stream.Next() {
					t.Fatalf("the stream ends at record batch %d: %v", i, stream.Err())
				}
				for who, got := range map[string]arrow.Record{"we": ours, "Arrow": their, "Arrow's stream": stream.Record()} {
					if !array.RecordEqual(got, want) {
						t.Errorf("%s read another record batch %d", who, i)
					}
				}
			}
		})
	}
}

func tensorOf(record arrow.Record) *array.FixedSizeList {
	return record.Column(record.Schema().FieldIndices("frames")[0]).(*batch.TensorArray).Storage().(*array.FixedSizeList)
}

func TestErrorsOfTheDiskReachTheWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, "/dev/full"} {
		mode := os.O_RDONLY
		if path == "/dev/full" {
			mode = os.O_WRONLY
		}
		file, err := os.OpenFile(path, mode, 0)
		if err != nil {
			t.Skip(err)
		}
		defer file.Close()
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		defer mem.AssertSize(t, 0)
		c := layouts["large clips"]
		if _, err := writeClips(t, file, mem, c.job, c.rows, c.failed); err == nil {
			t.Errorf("nobody was told that %s cannot be written to", path)
		}
	}
}

// A shard that is given up in the middle leaves neither memory nor files.
func TestDiscardInTheMiddle(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	pool := batch.NewPool(mem, 64<<20)
	defer pool.Drain()
	dir, j := t.TempDir(), layouts["large clips"].job
	begun, err := Begin(dir, j)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Create(t.Context(), dir, begun, 0, batch.Schema(j.testMeta()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		record := noiseRows(t, pool, j, 3*i, 3, func(int) bool { return false })
		err := w.Write(record)
		record.Release()
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(); err != nil {
		t.Errorf("again: %v", err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 2 {
		t.Errorf("%v, %v", names, err)
	}
	if drafts, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(drafts) > 0 {
		t.Errorf("%v are left, %v", drafts, err)
	}
}

// testdata/aligned.arrow is a shard of a program that padded record batches so that their pixels began at multiples of 4096
// in the file. Such a folder is kept, continued, and read.
func TestFoldersOfTheAlignedLayoutGoOn(t *testing.T) {
	j := clipsJob(2, 3, 5, 10)
	dir := t.TempDir()
	begun, err := Begin(dir, j)
	if err != nil {
		t.Fatal(err)
	}
	failed := func(row int) bool { return row == 4 }
	old, err := os.ReadFile("testdata/aligned.arrow")
	if err != nil {
		t.Fatal(err)
	}
	f, err := openIPC(bytes.NewReader(old), int64(len(old)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.count() {
		if _, at, ok, err := f.rowsOf(i, 10, memory.NewGoAllocator()); err != nil || !ok || at%4096 != 0 {
			t.Fatalf("the pixels of record batch %d begin at %d, %v, %v", i, at, ok, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, begun.Name(0)), old, 0o644); err != nil {
		t.Fatal(err)
	}
	entry := Entry{Name: begun.Name(0), Rows: 20, Errors: 1, Bytes: int64(len(old)), XXH128: fmt.Sprintf("%x", xxh3.Hash128(old).Bytes())}
	if err := writeMarker(dir, entry); err != nil {
		t.Fatal(err)
	}
	for number := range begun.Shards() {
		if number > 0 {
			w, err := Create(t.Context(), dir, begun, number, batch.Schema(j.testMeta()))
			if err != nil {
				t.Fatal(err)
			}
			for first := 0; first < begun.Rows(number); first += j.BatchRows {
				record := noiseRows(t, memory.NewGoAllocator(), j, number*j.ShardRecords+first, min(j.BatchRows, begun.Rows(number)-first), failed)
				err := w.Write(record)
				record.Release()
				if err != nil {
					t.Fatal(err)
				}
			}
			if _, err := w.Commit(); err != nil {
				t.Fatal(errors.Join(err, w.Abort()))
			}
		}
		if _, kept, err := Kept(t.Context(), dir, begun, number); err != nil || !kept {
			t.Fatalf("shard %d: kept %v, %v", number, kept, err)
		}
	}
	if _, complete, err := Finish(dir, begun); err != nil || !complete {
		t.Fatal(complete, err)
	}
	set, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range []Order{{}, {Shuffle: true}} {
		rows := 0
		for record, err := range set.Batches(t.Context(), order) {
			if err != nil {
				t.Fatal(err)
			}
			clips, err := batch.View(record)
			if err != nil {
				t.Fatal(err)
			}
			for i := range clips.Len() {
				var row int
				if _, err := fmt.Sscanf(clips.ID(i), "row %d", &row); err != nil {
					t.Fatal(err)
				}
				want := make([]byte, clips.Shape().Bytes())
				if _, err := rand.NewChaCha8([32]byte{byte(row)}).Read(want); err != nil {
					t.Fatal(err)
				}
				if got, ok := clips.Frames(i); ok == failed(row) || ok && !bytes.Equal(got, want) {
					t.Errorf("%s has other pixels", clips.ID(i))
				}
				rows++
			}
		}
		if rows != j.Records {
			t.Errorf("%d rows, want %d", rows, j.Records)
		}
	}
}

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
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
)

// alignedJob is one of clips of frames x height x width, in shards of 20 rows.
func alignedJob(frames, height, width, batchRows int) Job {
	clip := recipe.Clip{Frames: frames, Stride: 1, Temporal: "dense", ShortSide: height, Height: height, Width: width, Filter: "area",
		TrainTemporal: "center", TrainCrop: "center", Std: [3]float32{1, 1, 1}}
	return Job{Version: "test", RecipeHash: clip.Hash(), Clip: clip, Classes: []string{"a"}, Views: 1, Records: 60, ShardRecords: 20, BatchRows: batchRows, Compression: "none"}
}

func (j Job) testMeta() batch.Meta { return batch.NewMeta(j.Clip, j.Classes, j.Seed, j.Version) }

// alignedRows makes n rows of noise; those for which failed says so have an error.
func alignedRows(t *testing.T, mem memory.Allocator, j Job, first, n int, failed func(row int) bool) arrow.Record {
	t.Helper()
	b, err := batch.NewBuilder(mem, j.testMeta(), n)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	for i := range n {
		row := batch.Row{ID: fmt.Sprintf("row %*d", first+i, first+i), URI: "x", FrameIndex: make([]int32, j.Clip.Frames), Pts: make([]float64, j.Clip.Frames)}
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

// writeAligned writes rows of a job, of memory from mem, and ends the outflow.
func writeAligned(t *testing.T, o *outflow, mem memory.Allocator, j Job, rows int, failed func(row int) bool) (n int64, sum string, err error) {
	t.Helper()
	defer o.stop()
	s, err := createIPC(o, batch.Schema(j.testMeta()), j, 0)
	for first := 0; first < rows && err == nil; first += j.BatchRows {
		record := alignedRows(t, mem, j, first, min(j.BatchRows, rows-first), failed)
		err = s.Write(record)
		record.Release()
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		return 0, "", err
	}
	return o.finish()
}

// unaligned is memory that begins at no block.
type unaligned struct{ memory.Allocator }

func (u unaligned) Allocate(size int) []byte { return u.Allocator.Allocate(size + 64)[64:] }

func (u unaligned) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	grown := u.Allocate(size)
	copy(grown, b)
	return grown
}

func (u unaligned) Free([]byte) {}

func create(t *testing.T, dir string) *os.File {
	t.Helper()
	file, err := os.CreateTemp(dir, "*.arrow")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close(); os.Remove(file.Name()) })
	return file
}

var alignedCases = map[string]struct {
	job    Job
	rows   int
	failed func(row int) bool
}{
	"clips of whole blocks":  {alignedJob(8, 64, 64, 8), 20, func(int) bool { return false }},
	"clips of odd sizes":     {alignedJob(7, 61, 59, 8), 20, func(int) bool { return false }},
	"odd sizes, failed rows": {alignedJob(7, 61, 59, 6), 20, func(row int) bool { return row%3 == 1 }},
	"failed rows alone":      {alignedJob(7, 61, 59, 6), 9, func(int) bool { return true }},
	"large clips":            {alignedJob(16, 224, 224, 3), 7, func(row int) bool { return row == 4 }},
	"tiny clips":             {alignedJob(2, 3, 5, 3), 20, func(row int) bool { return row == 4 }},
	"no rows":                {alignedJob(8, 64, 64, 8), 0, nil},
}

func TestPixelsBeginAtWholeBlocks(t *testing.T) {
	for name, c := range alignedCases {
		t.Run(name, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			file := create(t, t.TempDir())
			size, _, err := writeAligned(t, newOutflow(file), mem, c.job, c.rows, c.failed)
			if err != nil {
				t.Fatal(err)
			}
			f, err := openIPC(file, size)
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
			stream, err := ipc.NewReader(io.NewSectionReader(file, 8, size))
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Release()
			for i := range f.count() {
				first, n := i*c.job.BatchRows, min(c.job.BatchRows, c.rows-i*c.job.BatchRows)
				want := alignedRows(t, mem, c.job, first, n, c.failed)
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
				if at%blockAlign != 0 {
					t.Errorf("the pixels of record batch %d begin at %d", i, at)
				}
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

// The bytes of a file do not depend on how it is written or on where batches lie.
func TestTheSameBytesHoweverTheyAreWritten(t *testing.T) {
	for name, c := range alignedCases {
		t.Run(name, func(t *testing.T) {
			var want []byte
			var wantSum string
			for how, o := range outflows(t) {
				for _, mem := range []memory.Allocator{memory.NewGoAllocator(), unaligned{memory.NewGoAllocator()}} {
					out, content := o()
					size, sum, err := writeAligned(t, out, mem, c.job, c.rows, c.failed)
					got := content()
					if err != nil || size != int64(len(got)) {
						t.Fatalf("%s: %d bytes of %d, %v", how, size, len(got), err)
					}
					if want == nil {
						want, wantSum = got, sum
					}
					if !bytes.Equal(got, want) || sum != wantSum {
						t.Errorf("%s, %T: %d bytes with the checksum %s, want %d with %s", how, mem, len(got), sum, len(want), wantSum)
					}
				}
			}
		})
	}
}

// outflows are all ways to write; the second result of each is what was written.
func outflows(t *testing.T) map[string]func() (*outflow, func() []byte) {
	in := func(dir string, direct bool) func() (*outflow, func() []byte) {
		return func() (*outflow, func() []byte) {
			file := create(t, dir)
			o := &outflow{file: file}
			if direct {
				o.direct = setDirect(file, true) == nil
			}
			return o.begin(), func() []byte {
				text, err := os.ReadFile(file.Name())
				if err != nil {
					t.Fatal(err)
				}
				return text
			}
		}
	}
	ways := map[string]func() (*outflow, func() []byte){
		"past the page cache":    in(t.TempDir(), true),
		"through the page cache": in(t.TempDir(), false),
		"a stream": func() (*outflow, func() []byte) {
			var to bytes.Buffer
			return (&outflow{to: &to}).begin(), to.Bytes
		},
		"a file that takes the flag but not the writes": func() (*outflow, func() []byte) {
			file := create(t, t.TempDir())
			o := &outflow{file: file, direct: setDirect(file, true) == nil, at: 1} // which is no block
			return o.begin(), func() []byte {
				text, err := os.ReadFile(file.Name())
				if err != nil {
					t.Fatal(err)
				}
				return text[1:]
			}
		},
	}
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		ways["a file system in memory"] = in("/dev/shm", true)
	}
	return ways
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
		c := alignedCases["large clips"]
		if _, _, err := writeAligned(t, newOutflow(file), mem, c.job, c.rows, c.failed); err == nil {
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
	dir, j := t.TempDir(), alignedCases["large clips"].job
	begun, err := Begin(dir, j)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Create(dir, begun, 0, batch.Schema(j.testMeta()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		record := alignedRows(t, pool, j, 3*i, 3, func(int) bool { return false })
		err := w.Write(record)
		record.Release()
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Discard(); err != nil {
		t.Fatal(err)
	}
	if err := w.Discard(); err != nil {
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

// A folder that was begun when files had another layout is kept, gone on with, and read.
func TestFoldersOfThePackedLayoutGoOn(t *testing.T) {
	j := alignedJob(7, 61, 59, 6)
	dir := t.TempDir()
	begun, err := Begin(dir, j)
	if err != nil {
		t.Fatal(err)
	}
	never := func(int) bool { return false }
	for number := range begun.Shards() {
		w, err := Create(dir, begun, number, batch.Schema(j.testMeta()))
		if err != nil {
			t.Fatal(err)
		}
		if number < 2 { // as Arrow itself lays a file out
			if w.out.stop(); w.out.n != 8 {
				t.Fatalf("a file begins with %d bytes", w.out.n)
			}
			if err := w.out.file.Truncate(0); err != nil {
				t.Fatal(err)
			}
			w.out = newOutflow(w.out.file)
			if w.sink, err = ipc.NewFileWriter(w.out, ipc.WithSchema(batch.Schema(j.testMeta()))); err != nil {
				t.Fatal(err)
			}
		}
		for first := 0; first < begun.Rows(number); first += j.BatchRows {
			record := alignedRows(t, memory.NewGoAllocator(), j, number*j.ShardRecords+first, min(j.BatchRows, begun.Rows(number)-first), never)
			err := w.Write(record)
			record.Release()
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Publish(); err != nil {
			t.Fatal(errors.Join(err, w.Discard()))
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
				if got, ok := clips.Frames(i); !ok || !bytes.Equal(got, want) {
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

// places notes where the memory lies that it is given.
type places map[*byte]bool

func (p places) Write(b []byte) (int, error) {
	p[unsafe.SliceData(b)] = true
	return len(b), nil
}

func TestPixelsAreWrittenFromTheBatch(t *testing.T) {
	j := alignedCases["large clips"].job
	to := places{}
	o := (&outflow{to: to}).begin()
	defer o.stop()
	s, err := createIPC(o, batch.Schema(j.testMeta()), j, 0)
	if err != nil {
		t.Fatal(err)
	}
	var want []*byte
	write := func(record arrow.Record) {
		want = append(want, unsafe.SliceData(tensorOf(record).ListValues().(*array.Uint8).Uint8Values()))
		if err := s.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 {
		record := alignedRows(t, memory.NewGoAllocator(), j, 3*i, 3, func(int) bool { return false })
		defer record.Release()
		write(record)
		part := record.NewSlice(1, 3)
		defer part.Release()
		want = append(want, unsafe.SliceData(tensorOf(part).ListValues().(*array.Uint8).Uint8Values()[j.testMeta().Shape.Bytes():]))
		if err := s.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.finish(); err != nil {
		t.Fatal(err)
	}
	for i, place := range want {
		if !to[place] {
			t.Errorf("the pixels of record batch %d were written from another place", i)
		}
	}
}

package shard_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"

	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
	"padapter/pipeline/shard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func job(records int, compression string) shard.Job {
	clip := recipe.Clip{Frames: 2, Stride: 1, Temporal: "dense", ShortSide: 4, Height: 4, Width: 4, Filter: "area",
		TrainTemporal: "center", TrainCrop: "center", Std: [3]float32{1, 1, 1}}
	return shard.Job{Version: "test", ManifestHash: "m", RecipeHash: clip.Hash(), Clip: clip, Classes: []string{"a", "b"}, Seed: 7,
		Views: 1, Records: records, ShardRecords: 10, BatchRows: 4, Compression: compression}
}

func meta(j shard.Job) batch.Meta { return batch.NewMeta(j.Clip, j.Classes, j.Seed, j.Version) }

// write makes a folder in which row i is clip i, all of whose bytes are i; every seventh row is an error.
func write(t testing.TB, dir string, j shard.Job) {
	t.Helper()
	j, err := shard.Begin(dir, j)
	if err != nil {
		t.Fatal(err)
	}
	for number := range j.Shards() {
		if err := writeShard(dir, j, number); err != nil {
			t.Fatal(err)
		}
	}
	if _, complete, err := shard.Finish(dir, j); err != nil || !complete {
		t.Fatal(complete, err)
	}
}

func writeShard(dir string, j shard.Job, number int) (err error) {
	w, err := shard.Create(context.Background(), dir, j, number, batch.Schema(meta(j)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Abort()) }()
	for start := 0; start < j.Rows(number); start += j.BatchRows {
		record, err := rows(j, number*j.ShardRecords+start, min(j.BatchRows, j.Rows(number)-start))
		if err != nil {
			return err
		}
		err = w.Write(record)
		record.Release()
		if err != nil {
			return err
		}
	}
	_, err = w.Commit()
	return err
}

func rows(j shard.Job, first, n int) (arrow.Record, error) {
	b, err := batch.NewBuilder(memory.NewGoAllocator(), meta(j), n)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	for i := range n {
		row := batch.Row{ID: fmt.Sprint(first + i), URI: "x", Label: int32((first + i) % 2), FrameIndex: []int32{0, int32(first + i)}, Seconds: []float64{0, 1},
			Crop: [4]float64{.5, float64(first + i), 3, 4}, Flip: i%2 == 1}
		switch (first + i) % 5 {
		case 1:
			row.Label = -1 // none
		case 2:
			row.SourceSHA256 = fmt.Sprintf("%064x", first+i)
		}
		clip := b.Clip(i)
		for k := range clip {
			clip[k] = byte(first + i)
		}
		if (first+i)%7 == 3 {
			row.Error = "corrupt: planted"
		}
		if err := b.Set(i, row); err != nil {
			return nil, err
		}
	}
	return b.Record(n)
}

// read lists the ids of a pass and checks that each row's pixels are its own.
func read(t *testing.T, set *shard.Set, order shard.Order) (ids []string, err error) {
	t.Helper()
	for record, err := range set.Batches(t.Context(), order) {
		if err != nil {
			return ids, err
		}
		clips, err := batch.View(record)
		if err != nil {
			t.Fatal(err)
		}
		for i := range clips.Len() {
			frames, ok := clips.Frames(i)
			if ok == (clips.Err(i) != "") {
				t.Errorf("row %s: pixels %v with error %q", clips.ID(i), ok, clips.Err(i))
			}
			if ok && (fmt.Sprint(frames[0]) != clips.ID(i) || fmt.Sprint(frames[len(frames)-1]) != clips.ID(i) || fmt.Sprint(clips.FrameIndex(i)[1]) != clips.ID(i)) {
				t.Errorf("row %s has the pixels of %d", clips.ID(i), frames[0])
			}
			ids = append(ids, clips.ID(i))
		}
	}
	return ids, nil
}

func TestRoundTrip(t *testing.T) {
	for _, compression := range shard.Compressions() {
		t.Run(compression, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			dir := filepath.Join(t.TempDir(), "new", "shards [1]*")
			write(t, dir, job(57, compression))
			set, err := shard.OpenDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			set.WithAllocator(mem)
			if err := set.Verify(t.Context()); err != nil {
				t.Error(err)
			}
			if ix := set.Index(); ix.Rows != 57 || ix.Errors != 8 || len(ix.Shards) != 6 {
				t.Errorf("index %+v", ix)
			}
			ids, err := read(t, set, shard.Order{})
			for i, id := range ids {
				if id != fmt.Sprint(i) {
					t.Fatalf("row %d is %s", i, id)
				}
			}
			if err != nil || len(ids) != 57 {
				t.Errorf("%d rows, %v", len(ids), err)
			}
		})
	}
}

func TestShufflingIsUniformWithinTheBuffer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shards")
	write(t, dir, job(8, "none"))
	set, err := shard.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]int, 8) // how often row 0 stands in each place
	for epoch := range 1600 {
		ids, err := read(t, set, shard.Order{Shuffle: true, Epoch: epoch})
		if err != nil {
			t.Fatal(err)
		}
		counts[slices.Index(ids, "0")]++
	}
	sum := 0.0
	for _, c := range counts {
		sum += float64(c-200) * float64(c-200) / 200
	}
	if sum > 30 { // 7 degrees of freedom
		t.Errorf("chi-square %.1f: %v", sum, counts)
	}
}

func TestDamageIsDetected(t *testing.T) {
	for name, c := range map[string]struct {
		hurt   func(text []byte) []byte
		opens  bool   // OpenDir has nothing to complain of
		reads  bool   // neither has reading
		expect string // of Verify or, if it does not open, OpenDir
	}{
		"a flipped pixel":  {hurt: func(b []byte) []byte { b[len(b)/2] ^= 4; return b }, opens: true, reads: true, expect: "checksum"},
		"cut short":        {hurt: func(b []byte) []byte { return b[:len(b)-9] }, expect: "bytes"},
		"longer":           {hurt: func(b []byte) []byte { return append(b, 0) }, expect: "bytes"},
		"no footer":        {hurt: func(b []byte) []byte { clear(b[len(b)-10:]); return b }, opens: true, expect: "checksum"},
		"nothing but zero": {hurt: func(b []byte) []byte { clear(b); return b }, opens: true, expect: "checksum"},
		"a broken footer":  {hurt: func(b []byte) []byte { clear(b[len(b)-300 : len(b)-10]); return b }, opens: true, expect: "checksum"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "shards")
			write(t, dir, job(25, "none"))
			path := filepath.Join(dir, "clips-000001.arrow")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, c.hurt(text), 0o644); err != nil {
				t.Fatal(err)
			}
			set, err := shard.OpenDir(dir)
			if !c.opens {
				if !errors.Is(err, shard.ErrCorrupt) || !strings.Contains(err.Error(), c.expect) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := set.Verify(t.Context()); !errors.Is(err, shard.ErrCorrupt) || !strings.Contains(err.Error(), c.expect) || !strings.Contains(err.Error(), "clips-000001") {
				t.Errorf("Verify: %v", err)
			}
			if c.reads {
				return
			}
			ids, err := read(t, set, shard.Order{})
			if !errors.Is(err, shard.ErrCorrupt) || !strings.Contains(err.Error(), "clips-000001") || len(ids) != 10 {
				t.Errorf("%d rows were read, then %v", len(ids), err)
			}
		})
	}
}

// TestAnyDamageIsAnErrorNotACrash flips bytes everywhere in a file in turn.
func TestAnyDamageIsAnErrorNotACrash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shards")
	write(t, dir, job(4, "none"))
	path := filepath.Join(dir, "clips-000000.arrow")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	set, err := shard.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for at := 0; at < len(whole); at += 3 {
		hurt := slices.Clone(whole)
		hurt[at] ^= byte(1 + at%255)
		if err := os.WriteFile(path, hurt, 0o644); err != nil {
			t.Fatal(err)
		}
		for record, err := range set.Batches(t.Context(), shard.Order{}) {
			if err != nil {
				failed++
				continue
			}
			if clips, err := batch.View(record); err == nil {
				for i := range clips.Len() {
					clips.Frames(i)
					_, _ = clips.ID(i), clips.Err(i)
				}
			}
		}
	}
	if failed == 0 {
		t.Error("no damage was noticed at all")
	}
}

func TestFoldersThatAreNotASet(t *testing.T) {
	empty := t.TempDir()
	if _, err := shard.OpenDir(empty); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	unfinished := filepath.Join(t.TempDir(), "shards")
	if _, err := shard.Begin(unfinished, job(20, "none")); err != nil {
		t.Fatal(err)
	}
	if _, err := shard.OpenDir(unfinished); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "not finished") {
		t.Errorf("an unfinished folder: %v", err)
	}
	if _, complete, err := shard.Finish(unfinished, job(20, "none")); complete || err != nil {
		t.Errorf("a folder without shards was finished: %v", err)
	}
	for name, index := range map[string]string{
		"newer":           `{"format":2}`,
		"not JSON":        `{"format":1,`,
		"no sizes":        `{"format":1,"job":{}}`,
		"too few shards":  `{"format":1,"job":{"records":20,"shard_records":10,"views":1,"batch_rows":1},"shards":[]}`,
		"leaves the room": `{"format":1,"job":{"records":1,"shard_records":10,"views":1,"batch_rows":1},"shards":[{"name":"../x","rows":1}]}`,
		"impossible clip": `{"format":1,"job":{"records":0,"shard_records":10,"views":1,"batch_rows":1},"shards":[]}`,
		"negative":        `{"format":1,"job":{"records":-1,"shard_records":10,"views":1,"batch_rows":1},"shards":[]}`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "index.json"), []byte(index), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := shard.OpenDir(dir); err == nil {
			t.Errorf("%s: the folder was taken", name)
		}
	}
}

func TestShardsOfAnotherJobAreRefused(t *testing.T) {
	dir, other := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	write(t, dir, job(10, "none"))
	changed := job(10, "none")
	changed.Seed = 8
	write(t, other, changed)
	// The file of the other job has the same size; the index is made to agree with it.
	for _, name := range []string{"clips-000000.arrow", "receipts/clips-000000.arrow.json"} {
		text, err := os.ReadFile(filepath.Join(other, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := shard.Finish(dir, job(10, "none")); err != nil {
		t.Fatal(err)
	}
	set, err := shard.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, set, shard.Order{}); !errors.Is(err, shard.ErrCorrupt) || !strings.Contains(err.Error(), "schema") {
		t.Errorf("got %v", err)
	}
}

func TestCancelledPass(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shards")
	write(t, dir, job(30, "none"))
	set, err := shard.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var last error
	turns := 0
	for _, last = range set.Batches(ctx, shard.Order{}) {
		turns++
		cancel()
	}
	if turns != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d turns, then %v", turns, last)
	}
	cancel()
	if err := set.Verify(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify: %v", err)
	}
}

func TestBadOrdersAreRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shards")
	write(t, dir, job(3, "none"))
	set, err := shard.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, set, shard.Order{BatchRows: -1}); err == nil {
		t.Error("batches of -1 rows were taken")
	}
}

package shard_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/pipeline/batch"
	"padapter/pipeline/shard"
)

// kinds are all kinds of files with all compressions that they take.
func kinds() (list [][2]string) {
	for _, files := range shard.Files() {
		for _, compression := range shard.Compressions() {
			if shard.CheckFiles(files, compression) == nil {
				list = append(list, [2]string{files, compression})
			}
		}
	}
	return list
}

// every lists all that a pass gives, pixels included.
func every(t *testing.T, set *shard.Set, order shard.Order) (rows []string) {
	t.Helper()
	for record, err := range set.Batches(t.Context(), order) {
		if err != nil {
			t.Fatal(err)
		}
		clips, err := batch.View(record)
		if err != nil {
			t.Fatal(err)
		}
		for i := range clips.Len() {
			frames, _ := clips.Frames(i)
			rows = append(rows, fmt.Sprintf("%+v %x", clips.Row(i), frames))
		}
	}
	return rows
}

func TestAllKindsOfFilesGiveTheSameRows(t *testing.T) {
	if len(kinds()) != 6 {
		t.Fatalf("kinds %v", kinds())
	}
	var plain, shuffled, resumed []string
	for _, kind := range kinds() {
		t.Run(kind[0]+" "+kind[1], func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			j := job(57, kind[1])
			j.Files = kind[0]
			dir, again := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
			write(t, dir, j)
			write(t, again, j)
			set, err := shard.OpenDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			set.WithAllocator(mem)
			if err := set.Verify(t.Context()); err != nil {
				t.Error(err)
			}
			for _, e := range set.Index().Shards {
				one, err := os.ReadFile(filepath.Join(dir, e.Name))
				if err != nil {
					t.Fatal(err)
				}
				two, err := os.ReadFile(filepath.Join(again, e.Name))
				if err != nil || !bytes.Equal(one, two) {
					t.Errorf("%s has other bytes when it is written again (%v)", e.Name, err)
				}
			}
			order := shard.Order{Shuffle: true, Seed: 3, BufferRows: 12, BatchRows: 5}
			a, b := every(t, set, shard.Order{}), every(t, set, order)
			order.SkipRows = 23
			c := every(t, set, order)
			if plain == nil {
				plain, shuffled, resumed = a, b, c
			}
			if len(a) != 57 || !slices.Equal(a, plain) || !slices.Equal(b, shuffled) || !slices.Equal(c, resumed) || !slices.Equal(c, b[23:]) {
				t.Errorf("other rows: first %s", a[0])
			}
			if ix := set.Index(); ix.Errors != 8 {
				t.Errorf("%d errors, want 8", ix.Errors)
			}
			checkFile(t, filepath.Join(dir, set.Index().Shards[1].Name), plain[10:20])
		})
	}
}

// checkFile reads one file outside its folder.
func checkFile(t *testing.T, path string, want []string) {
	t.Helper()
	f, err := shard.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []string
	for record, err := range f.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		clips, err := batch.View(record)
		if err != nil {
			t.Fatal(err)
		}
		for i := range clips.Len() {
			frames, _ := clips.Frames(i)
			got = append(got, fmt.Sprintf("%+v %x", clips.Row(i), frames))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s by itself: %d rows, want the same %d as in its folder", path, len(got), len(want))
	}
}

func TestKindsThatDoNotExist(t *testing.T) {
	for want, kind := range map[string][2]string{
		`files of kind "zip"`: {"zip", "none"}, "parquet files take one of none, zstd": {shard.Parquet, "lz4"},
		"tar files take one of none": {shard.WebDataset, "zstd"}, `compression "gzip"`: {"", "gzip"},
	} {
		j := job(3, kind[1])
		j.Files = kind[0]
		if _, err := shard.Begin(filepath.Join(t.TempDir(), "x"), j); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want an error with %q", kind, err, want)
		}
	}
}

// TestDamagedFilesOfAnyKind flips bytes in turn: an error or other pixels, but no crash.
func TestDamagedFilesOfAnyKind(t *testing.T) {
	for _, files := range shard.Files() {
		t.Run(files, func(t *testing.T) {
			j := job(4, "none")
			j.Files = files
			dir := filepath.Join(t.TempDir(), "shards")
			write(t, dir, j)
			set, err := shard.OpenDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, set.Index().Shards[0].Name)
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			failed := 0
			for at := 0; at < len(whole); at += 29 {
				hurt := slices.Clone(whole)
				hurt[at] ^= byte(1 + at%255)
				if err := os.WriteFile(path, hurt, 0o644); err != nil {
					t.Fatal(err)
				}
				for _, order := range []shard.Order{{}, {Shuffle: true}} {
					for record, err := range set.Batches(t.Context(), order) {
						if err != nil {
							failed++
							continue
						}
						if _, err := batch.View(record); err != nil {
							t.Error(err)
						}
					}
				}
			}
			if failed == 0 {
				t.Error("no damage was noticed at all")
			}
		})
	}
}

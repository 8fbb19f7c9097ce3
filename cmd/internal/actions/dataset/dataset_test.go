package dataset

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/cmd/internal/actions"
	"padapter/decode"
)

func tinySet() Dataset {
	return Dataset{Actions: actions.Target(), Train: 2, Test: 1, Width: 48, Height: 32, Seed: 4}
}

func TestDemoSetIsInHMDBLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "target")
	set := tinySet()
	told := 0
	if err := set.Write(t.Context(), dir, func(written int) {
		if told++; written != told {
			t.Errorf("call %d of progress told of %d clips", told, written)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if told != set.Clips() {
		t.Errorf("progress was called %d times for %d clips", told, set.Clips())
	}
	decoder, err := decode.NewDecoder(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	for _, class := range set.Actions.Classes() {
		list, err := os.ReadFile(filepath.Join(dir, SplitsFolder, class+"_test_split1.txt"))
		if err != nil {
			t.Fatal(err)
		}
		parts := map[string]int{}
		for line := range strings.Lines(string(list)) {
			fields := strings.Fields(line)
			if len(fields) != 2 {
				t.Fatalf("%s: line %q", class, line)
			}
			parts[fields[1]]++
			file, err := decode.OpenFile(filepath.Join(dir, VideosFolder, class, fields[0]))
			if err != nil {
				t.Fatal(err)
			}
			info, err := decoder.Info(t.Context(), file)
			file.Close()
			if err != nil {
				t.Fatal(err)
			}
			if info.Frames != Frames || info.Width != 48 || info.Height != 32 || info.Codec != "mpeg4" {
				t.Errorf("%s: %d frames of %d×%d, %s", fields[0], info.Frames, info.Width, info.Height, info.Codec)
			}
		}
		if parts["1"] != set.Train || parts["2"] != set.Test {
			t.Errorf("%s: split 1 has parts %v", class, parts)
		}
	}
}

func TestDemoSetIsTheSameEveryTimeAndKept(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	set := tinySet()
	for _, dir := range []string{a, b} {
		if err := set.Write(t.Context(), dir, func(int) {}); err != nil {
			t.Fatal(err)
		}
	}
	files := 0
	err := filepath.WalkDir(a, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		relative, err := filepath.Rel(a, path)
		if err != nil {
			return err
		}
		one, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		two, err := os.ReadFile(filepath.Join(b, relative))
		if err != nil {
			return err
		}
		if !bytes.Equal(one, two) {
			t.Errorf("%s differs", relative)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := set.Clips() + 3*len(set.Actions.Motions) + 1; files != want {
		t.Errorf("%d files, want %d", files, want)
	}

	if err := set.Write(t.Context(), a, func(int) { t.Error("a complete set was rendered again") }); err != nil {
		t.Fatal(err)
	}
	set.Seed++
	count := 0
	if err := set.Write(t.Context(), a, func(int) { count++ }); err != nil {
		t.Fatal(err)
	}
	if count != set.Clips() {
		t.Errorf("a set with another seed: %d of %d clips were rendered", count, set.Clips())
	}
}

func TestDemoSetStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := filepath.Join(t.TempDir(), "set")
	if err := tinySet().Write(ctx, dir, func(int) {}); err == nil {
		t.Fatal("no error")
	}
	if _, err := os.Stat(filepath.Join(dir, setFile)); err == nil {
		t.Error("the set is marked complete")
	}
}

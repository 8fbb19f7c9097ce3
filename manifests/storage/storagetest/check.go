// Package storagetest checks that a place behaves as package storage says.
package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"testing"

	"padapter/manifests/storage"
)

// largest is the size of the largest file that Check writes: more than a part of an upload.
const largest = 20 << 20

// Check writes, lists, reads and removes files in a folder that is there and empty.
func Check(t *testing.T, folder string) {
	t.Helper()
	at := func(names ...string) string { return storage.Join(folder, names...) }
	big := make([]byte, largest)
	for i := range big {
		big[i] = byte(i>>12) ^ byte(i)
	}
	t.Run("appears when published", func(t *testing.T) {
		d := create(t, at("big"))
		for piece := range slices.Chunk(big, 1<<20) {
			if _, err := d.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		gone(t, at("big"))
		if err := d.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := d.Abort(); err != nil {
			t.Error("discard after publish:", err)
		}
		if err := d.Commit(); err == nil {
			t.Error("a file was published twice")
		}
		holds(t, at("big"), big)
		if e, err := storage.Stat(at("big")); err != nil || e.Size != largest || e.Folder {
			t.Errorf("stat: %+v, %v", e, err)
		}
	})
	t.Run("given up", func(t *testing.T) {
		write(t, at("kept"), []byte("before"))
		for _, size := range []int{0, 10, largest} {
			d := create(t, at("kept"))
			if _, err := d.Write(big[:size]); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(d.Abort(), d.Abort()); err != nil {
				t.Fatal(err)
			}
			if err := d.Commit(); err == nil {
				t.Error("what was given up was published")
			}
		}
		holds(t, at("kept"), []byte("before"))
		failed := errors.New("no more")
		if err := storage.Write(at("kept"), func(w io.Writer) error { _, _ = w.Write(big[:100]); return failed }); !errors.Is(err, failed) {
			t.Errorf("writing failed with %v", err)
		}
		holds(t, at("kept"), []byte("before"))
		write(t, at("kept"), []byte("after"))
		holds(t, at("kept"), []byte("after"))
	})
	t.Run("folders", func(t *testing.T) {
		if err := storage.MakeFolder(at("f", "g")); err != nil {
			t.Fatal(err)
		}
		write(t, at("f", "b"), nil)
		write(t, at("f", "a #%?é.txt"), []byte("x"))
		write(t, at("f", "g", "deep"), []byte("deep"))
		var got []string
		if err := storage.List(at("f"), func(e storage.Entry) error { got = append(got, fmt.Sprint(e)); return nil }); err != nil {
			t.Fatal(err)
		}
		if want := []string{"{a #%?é.txt 1 false}", "{b 0 false}", "{g 0 true}"}; !slices.Equal(got, want) {
			t.Errorf("the folder has %q, want %q", got, want)
		}
		holds(t, at("f", "b"), nil)
		if e, err := storage.Stat(at("f")); err != nil || !e.Folder {
			t.Errorf("stat of a folder: %+v, %v", e, err)
		}
		stop := errors.New("enough")
		if err := storage.List(at("f"), func(storage.Entry) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("a visit's error became %v", err)
		}
		if err := storage.Remove(at("f", "b")); err != nil {
			t.Error(err)
		}
		gone(t, at("f", "b"))
		if err := errors.Join(storage.RemoveAll(at("f")), storage.RemoveAll(at("f"))); err != nil {
			t.Error(err)
		}
		gone(t, at("f", "g", "deep"))
		gone(t, at("f"))
		holds(t, at("kept"), []byte("after"))
	})
	t.Run("read", func(t *testing.T) {
		o, err := storage.Open(at("big"))
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		p := make([]byte, 100)
		if n, err := o.ReadAt(p, largest-40); n != 40 || !errors.Is(err, io.EOF) || !bytes.Equal(p[:n], big[largest-40:]) {
			t.Errorf("at the end %d bytes are read, %v", n, err)
		}
		if all, err := io.ReadAll(storage.Reader(o)); err != nil || !bytes.Equal(all, big) {
			t.Errorf("%d bytes are read, %v", len(all), err)
		}
	})
}

func create(t *testing.T, name string) storage.Draft {
	t.Helper()
	d, err := storage.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := storage.Write(name, func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
		t.Fatal(err)
	}
}

// holds checks a file's bytes.
func holds(t *testing.T, name string, want []byte) {
	t.Helper()
	if got, err := storage.ReadFile(name); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes (%v), want %d", name, len(got), err, len(want))
	}
}

// gone checks that there is no such file.
func gone(t *testing.T, name string) {
	t.Helper()
	if _, err := storage.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat %s: %v, want that it is not there", name, err)
	}
	if o, err := storage.Open(name); err == nil {
		_ = o.Close()
		t.Errorf("%s is there", name)
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

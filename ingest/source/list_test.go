package source

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gocloud.dev/blob/memblob"
)

// listed collects what a place holds.
func listed(t *testing.T, m *Mux, place string) (entries map[string]Entry, order []string, err error) {
	t.Helper()
	entries = map[string]Entry{}
	err = m.List(t.Context(), place, func(e Entry) error {
		entries[e.Name] = e
		order = append(order, e.Name)
		return nil
	})
	return entries, order, err
}

// checkListed opens everything that was listed and compares it with what the conformance test's objects hold.
func checkListed(t *testing.T, m *Mux, entries map[string]Entry) {
	t.Helper()
	for _, name := range names {
		e, ok := entries[name]
		if !ok || e.Refused != "" || e.Size != int64(len(content(name))) {
			t.Errorf("%q is listed as %+v", name, e)
			continue
		}
		o, err := m.Open(t.Context(), e.URI)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		data, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
		if err != nil || !bytes.Equal(data, content(name)) {
			t.Errorf("%q by its listed URI gives %d bytes, %v", name, len(data), err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestListArchives(t *testing.T) {
	root := t.TempDir()
	archive := tarOf(t, tar.FormatPAX, func(w *tar.Writer) {
		for range 2 {
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "again.avi", Size: 1, Mode: 0o644}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	})
	for name, data := range map[string][]byte{"a b.tar": archive, "a.TGZ": gzipped(t, archive), "cut.tar": archive[:len(archive)/2], "no.tar": []byte("this is no archive")} {
		if err := os.WriteFile(filepath.Join(root, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Open(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var first []string
	for _, place := range []string{"a b.tar", "a.TGZ"} {
		entries, order, err := listed(t, m, place)
		if err != nil {
			t.Fatal(err)
		}
		checkListed(t, m, entries)
		if first == nil {
			first = order
		}
		if !slices.Equal(order, first) {
			t.Errorf("%s lists %q, the other %q", place, order, first)
		}
		if _, folder := entries["class with spaces/"]; folder {
			t.Error("a folder is listed")
		}
		for name, why := range map[string]string{"symlink.avi": "symbolic link", "hardlink.avi": "link to", "again.avi": "several members"} {
			if !strings.Contains(entries[name].Refused, why) {
				t.Errorf("%s: %s is refused with %q, want %q", place, name, entries[name].Refused, why)
			}
		}
	}
	if entries, _, err := listed(t, m, "cut.tar"); err == nil || len(entries) == 0 || !strings.Contains(err.Error(), "damaged after") {
		t.Errorf("an archive that was cut off: %d members, %v", len(entries), err)
	}
	for _, place := range []string{"no.tar", "none.tar", "plain.avi", "../x.tar"} {
		if _, _, err := listed(t, m, place); err == nil {
			t.Errorf("%s was listed", place)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := func(Entry) error { cancel(); return nil }
	if err := m.List(ctx, "a.TGZ", stop); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancellation: %v", err)
	}
}

func TestListObjects(t *testing.T) {
	b := memblob.OpenBucket(nil)
	fill(t, b)
	put(t, b, "some/prefix/folder/", nil)
	put(t, b, "some/prefixed.avi", []byte("x"))
	m, err := Open(t.Context(), "s3://data/some/prefix")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	onBucket(t, m, b)
	for _, place := range []string{"s3://data/some/prefix", "s3://data/some/prefix/"} {
		entries, order, err := listed(t, m, place)
		if err != nil {
			t.Fatal(err)
		}
		checkListed(t, m, entries)
		if !slices.IsSorted(order) || len(order) != len(names)+5 {
			t.Errorf("%d objects in the order %q", len(order), order)
		}
	}
	entries, _, err := listed(t, m, "s3://data/some/prefix/a b.tar")
	if err != nil {
		t.Fatal(err)
	}
	checkListed(t, m, entries)
	if _, _, err := listed(t, m, "s3://data/outside.tar"); err == nil {
		t.Error("an archive outside the root was listed")
	}
}

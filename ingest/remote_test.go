package ingest_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/ingest"
	"padapter/ingest/source"
	"padapter/manifests"
)

func tarball(t *testing.T, members [][2]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: m[0], Size: int64(len(m[1])), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDirectoryOfAnArchive(t *testing.T) {
	plain := tarball(t, [][2]string{
		{"./a/#1 b;c&d.avi", "one"}, {"a/é.JPG", "two"}, {"notes.txt", "three"}, {".hidden/x.avi", "four"}, {"empty.mp4", ""},
		{"twice.avi", "five"}, {"twice.avi", "six"},
	})
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for name, data := range map[string][]byte{"x:y 1.tar": plain, "b.tgz": packed.Bytes(), "cut.tar": plain[:2000], "bad.tar": []byte("no")} {
		if err := os.WriteFile(filepath.Join(root, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"x:y 1.tar", "b.tgz"} {
		res, err := ingest.Directory(t.Context(), ingest.DirectoryOptions{Root: filepath.Join(root, name), Tool: "test"})
		if err != nil {
			t.Fatal(err)
		}
		m := res.Manifest
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
		if len(m.Records) != 4 || len(res.Skipped) != 1 || res.Skipped[0].Path != "notes.txt" {
			t.Fatalf("%s: %d records, skipped %v", name, len(m.Records), res.Skipped)
		}
		for i, want := range []struct {
			id     string
			kind   manifests.Kind
			status manifests.Status
			reason string
		}{
			{"./a/#1 b;c&d.avi", manifests.Video, manifests.Found, ""},
			{"a/é.JPG", manifests.Image, manifests.Found, ""},
			{"empty.mp4", manifests.Video, manifests.Rejected, "empty"},
			{"twice.avi", manifests.Video, manifests.Rejected, "several members"},
		} {
			r := m.Records[i]
			if r.ID != want.id || r.Kind != want.kind || r.Status != want.status || !strings.Contains(r.Reason, want.reason) {
				t.Errorf("%s: record %d is %+v, want %+v", name, i, r, want)
			}
		}
		src, err := source.Open(t.Context(), m.Root)
		if err != nil {
			t.Fatal(err)
		}
		o, err := src.Open(t.Context(), m.Records[0].URI)
		if err != nil {
			t.Fatal(err)
		}
		text := make([]byte, 3)
		if _, err := o.ReadAt(text, 0); err != nil || string(text) != "one" || m.Records[0].Facts.Bytes != 3 {
			t.Errorf("%s: the first record holds %q of %d bytes, %v", name, text, m.Records[0].Facts.Bytes, err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
	res, err := ingest.Directory(t.Context(), ingest.DirectoryOptions{Root: filepath.Join(root, "cut.tar")})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(res.Manifest.Records); n < 2 || res.Manifest.Records[n-1].Status != manifests.Rejected || !strings.Contains(res.Manifest.Records[n-1].Reason, "damaged") {
		t.Errorf("of a damaged archive: %+v", res.Manifest.Records)
	}
	for _, name := range []string{"bad.tar", "none.tar", "none"} {
		if _, err := ingest.Directory(t.Context(), ingest.DirectoryOptions{Root: filepath.Join(root, name)}); err == nil {
			t.Errorf("%s was listed", name)
		}
	}
}

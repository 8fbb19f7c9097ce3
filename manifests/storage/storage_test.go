package storage_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"padapter/manifests/storage"
	"padapter/manifests/storage/storagetest"
)

func TestThisMachine(t *testing.T) { storagetest.Check(t, t.TempDir()) }

func TestNames(t *testing.T) {
	for _, c := range []struct{ name, joined, dir, cleaned string }{
		{"s3://b/x/", "s3://b/x/n/m", "s3://b", "s3://b/x"},
		{"s3://b", "s3://b/n/m", "s3://b", "s3://b"},
		{"gs://b/a b/#c", "gs://b/a b/#c/n/m", "gs://b/a b", "gs://b/a b/#c"},
		{"x/y/", "x/y/n/m", "x/y", "x/y"},
		{"./s3://b", "s3:/b/n/m", "s3:", "s3:/b"}, // a path of this machine
	} {
		if got := storage.Join(c.name, "n", "m"); got != filepath.FromSlash(c.joined) && got != c.joined {
			t.Errorf("join %q: %q, want %q", c.name, got, c.joined)
		}
		if got := storage.Dir(c.name); got != c.dir {
			t.Errorf("dir %q: %q, want %q", c.name, got, c.dir)
		}
		if got := storage.Clean(c.name); got != c.cleaned {
			t.Errorf("clean %q: %q, want %q", c.name, got, c.cleaned)
		}
		if got, want := storage.Remote(c.name), strings.Contains(c.name, "://") && c.name[0] != '.'; got != want {
			t.Errorf("%q is remote: %v", c.name, got)
		}
	}
}

// memory is an object store of one object.
type memory struct{ storage.Store }

func (memory) Open(string) (storage.Object, error) {
	return object{bytes.NewReader([]byte("there"))}, nil
}

type object struct{ *bytes.Reader }

func (object) Close() error { return nil }

func TestRegister(t *testing.T) {
	const name = "memory://x/y"
	if _, err := storage.Open(name); err == nil || !strings.Contains(err.Error(), "use s3") {
		t.Errorf("a store that nobody registered: %v", err)
	}
	unregister := storage.Register("memory", memory{})
	if text, err := storage.ReadFile(name); err != nil || string(text) != "there" {
		t.Errorf("%q, %v", text, err)
	}
	unregister()
	for _, err := range []error{
		func() error { _, err := storage.Create(name); return err }(), storage.Remove(name), storage.RemoveAll(name),
		storage.List(name, func(storage.Entry) error { return nil }),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("after unregistering: %v", err)
		}
	}
}

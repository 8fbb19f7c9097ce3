package source

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func writeAll(t *testing.T, root string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func openFiles(t *testing.T, root string) *Files {
	t.Helper()
	f, err := NewFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestFiles(t *testing.T) {
	parent := t.TempDir()
	root := filepath.Join(parent, "root")
	writeAll(t, root)
	outside := filepath.Join(parent, "outside.avi")
	if err := os.WriteFile(outside, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "link.avi")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("plain.avi", filepath.Join(root, "inner.avi")); err != nil {
		t.Fatal(err)
	}
	src := openFiles(t, root)
	conform(t, plain(src))
	conform(t, plain(openMux(t, root)))
	if o, err := src.Open(t.Context(), "link.avi"); err == nil {
		o.Close()
		t.Error("a link led out of the root")
	}
	for _, inside := range []string{"inner.avi", filepath.Join(root, "plain.avi")} {
		o, err := src.Open(t.Context(), inside)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		o.Close()
	}
	if o, err := src.Open(t.Context(), outside); err == nil {
		o.Close()
		t.Error("an absolute path outside the root was opened")
	}
}

func TestFilesThroughALinkedRoot(t *testing.T) {
	parent := t.TempDir()
	root := filepath.Join(parent, "root")
	writeAll(t, root)
	link := filepath.Join(parent, "link")
	if err := os.Symlink(root, link); err != nil {
		t.Fatal(err)
	}
	src := openFiles(t, link)
	conform(t, plain(src))
	conform(t, plain(openMux(t, link)))
	for _, path := range []string{filepath.Join(link, "plain.avi"), filepath.Join(root, "plain.avi")} {
		o, err := src.Open(t.Context(), path)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		o.Close()
	}
}

func TestFilesWithoutARoot(t *testing.T) {
	root := t.TempDir()
	writeAll(t, root)
	src := openFiles(t, "")
	o, err := src.Open(t.Context(), filepath.Join(root, names[2]))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	if _, err := src.Open(t.Context(), "plain.avi"); err == nil || !strings.Contains(err.Error(), "--root") {
		t.Errorf("got %v, want advice", err)
	}
}

func TestOnlyRegularFilesOpen(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "folder.avi"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(root, "pipe.avi"), 0o644); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	src := openFiles(t, root)
	for _, name := range []string{"folder.avi", "pipe.avi"} {
		if o, err := src.Open(t.Context(), name); err == nil {
			o.Close()
			t.Errorf("%s was opened", name)
		}
	}
	if _, err := NewFiles(filepath.Join(root, "none")); err == nil {
		t.Error("a root that isn't there was opened")
	}
}

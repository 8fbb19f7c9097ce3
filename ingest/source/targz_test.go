package source

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTarGz(t *testing.T) {
	root := t.TempDir()
	writeFile(t, filepath.Join(root, "a.tar.gz"), gzipped(t, tarOf(t, tar.FormatPAX, nil)))
	conform(t, members(openMux(t, root), "a.tar.gz"))
}

// stream opens a compressed archive by itself.
func stream(t testing.TB, data []byte, recentBytes int64) *tarStream {
	t.Helper()
	c, err := openTar(t.Context(), byteRangeOf(data), newLRUCache(recentBytes))
	if err != nil {
		t.Fatal(err)
	}
	s, ok := c.(*tarStream)
	if !ok {
		t.Fatalf("opened as %T", c)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// many is an archive of n members that don't compress to nothing.
func many(t testing.TB, n int) []byte {
	t.Helper()
	return gzipped(t, tarOf(t, tar.FormatGNU, func(w *tar.Writer) {
		for i := range n {
			body := content(fmt.Sprint(i))
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprint(i), Mode: 0o644, Size: int64(len(body))}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(body); err != nil {
				t.Fatal(err)
			}
		}
	}))
}

// wantMember opens a member and checks that it has the content of its name.
func wantMember(t *testing.T, s *tarStream, name string) {
	t.Helper()
	e, err := s.member(t.Context(), name)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got := make([]byte, e.Size())
	if _, err := e.ReadAtContext(t.Context(), got, 0); err != nil || !bytes.Equal(got, content(name)) {
		t.Errorf("%s: %d bytes, %v", name, len(got), err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestTarGzIsReadOnceInOrder(t *testing.T) {
	s := stream(t, many(t, 500), 1<<20)
	turn := make(chan int, 500)
	for i := range 500 {
		turn <- i
	}
	close(turn)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range turn {
				wantMember(t, s, fmt.Sprint(i))
			}
		})
	}
	wg.Wait()
	if s.starts != 1 {
		t.Errorf("the archive was read %d times from its start for members in order", s.starts)
	}
	wantMember(t, s, "3")
	if s.starts != 1 {
		t.Error("a recent member was read again")
	}
}

func TestTarGzBoundsItsMemory(t *testing.T) {
	const limit = 10_000
	s := stream(t, many(t, 300), limit)
	for _, i := range []int{299, 0, 150, 10} {
		wantMember(t, s, fmt.Sprint(i))
		if s.recent.bytes > limit {
			t.Errorf("%d bytes are kept, more than %d", s.recent.bytes, limit)
		}
	}
	if s.starts < 3 {
		t.Errorf("%d starts: everything was kept", s.starts)
	}
}

func TestTarGzSpillsLargeMembers(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	body := bytes.Repeat([]byte("0123456789abcdef"), inMemory/16+1)
	s := stream(t, gzipped(t, tarOf(t, tar.FormatGNU, func(w *tar.Writer) {
		for _, name := range []string{"large", "larger"} {
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(body))}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(body); err != nil {
				t.Fatal(err)
			}
		}
	})), 1<<20)
	for _, name := range []string{"large", "larger", "large"} {
		e, err := s.member(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if l, ok := e.(local); !ok {
			t.Errorf("%s is %T", name, e)
		} else if _, ok := l.ReaderAt.(*os.File); !ok {
			t.Errorf("%s lies in a %T, not in a file", name, l.ReaderAt)
		}
		tail := make([]byte, 16)
		if _, err := e.ReadAtContext(t.Context(), tail, int64(len(body)-16)); err != nil || string(tail) != "0123456789abcdef" {
			t.Errorf("%s ends with %q, %v", name, tail, err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	if s.starts != 2 {
		t.Errorf("%d starts, want 2", s.starts)
	}
}

func TestTarGzDamaged(t *testing.T) {
	whole := many(t, 200)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 0xff
	for what, data := range map[string][]byte{"cut": whole[:len(whole)/2], "flipped": flipped} {
		s := stream(t, data, 1<<20)
		wantMember(t, s, names[0])
		if _, err := s.member(t.Context(), "199"); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v, want damage", what, err)
		}
		wantMember(t, s, names[1])
	}
	s := stream(t, gzipped(t, bytes.Repeat([]byte("text "), 1000)), 1<<20)
	if _, err := s.member(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "no tar archive") {
		t.Errorf("compressed text: %v", err)
	}
}

// What follows has not been seen when the first member of a name is handed out, so the first counts; listing knows better.
func TestTarGzFirstOfANameCounts(t *testing.T) {
	data := gzipped(t, tarOf(t, tar.FormatGNU, func(w *tar.Writer) {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: names[0], Mode: 0o644, Size: 5}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("again")); err != nil {
			t.Fatal(err)
		}
	}))
	s := stream(t, data, 1<<20)
	for range 2 {
		wantMember(t, s, names[1]) // and on to the end, and around
		wantMember(t, s, names[0])
	}
}

package source

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tarOf packs all names with their content, between other kinds of members; more adds its own.
func tarOf(t testing.TB, format tar.Format, more func(w *tar.Writer)) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	add := func(h tar.Header, body []byte) {
		h.Size, h.Format, h.Mode = int64(len(body)), format, 0o644
		if err := w.WriteHeader(&h); err != nil {
			t.Fatalf("%s: %v", h.Name, err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	add(tar.Header{Typeflag: tar.TypeDir, Name: "class with spaces/"}, nil)
	add(tar.Header{Typeflag: tar.TypeReg, Name: "../outside.avi"}, []byte("a key, not a path"))
	for _, name := range names {
		add(tar.Header{Typeflag: tar.TypeReg, Name: name}, content(name))
	}
	add(tar.Header{Typeflag: tar.TypeSymlink, Name: "symlink.avi", Linkname: "/etc/hosts"}, nil)
	add(tar.Header{Typeflag: tar.TypeLink, Name: "hardlink.avi", Linkname: names[0]}, nil)
	if more != nil {
		more(w)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func writeTar(t testing.TB, root, name string, more func(w *tar.Writer)) {
	t.Helper()
	writeFile(t, filepath.Join(root, name), tarOf(t, tar.FormatGNU, more))
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// members is the fixture of a tar archive's members.
func members(src Source, archive string) fixture {
	uri := func(name string) string { return tarURI(archive, name) }
	return fixture{
		src: src, names: append([]string{}, names...), uri: uri,
		missing: []string{uri("none.avi"), uri("class with spaces"), tarURI("none.tar", names[0])},
		refused: append(within(outsiders, func(path string) string { return tarURI(path, names[0]) }),
			uri("symlink.avi"), uri("hardlink.avi"), uri("class with spaces/"), "tar:"+archive),
	}
}

func TestTar(t *testing.T) {
	for _, format := range []tar.Format{tar.FormatGNU, tar.FormatPAX} {
		t.Run(format.String(), func(t *testing.T) {
			parent := t.TempDir()
			root := filepath.Join(parent, "root")
			if err := os.Mkdir(root, 0o755); err != nil {
				t.Fatal(err)
			}
			archive := tarOf(t, format, nil)
			writeFile(t, filepath.Join(root, "an archive#1.tar"), archive)
			writeFile(t, filepath.Join(parent, "outside.avi"), archive)
			if err := os.Symlink(filepath.Join(parent, "outside.avi"), filepath.Join(root, "link.tar")); err != nil {
				t.Fatal(err)
			}
			src := openMux(t, root)
			f := members(src, "an archive#1.tar")
			f.refused = append(f.refused, tarURI("link.tar", names[0]))
			conform(t, f)
			if got, err := read(t.Context(), src, tarURI("an archive#1.tar", "../outside.avi")); string(got) != "a key, not a path" || err != nil {
				t.Errorf("a member is found by its name, whatever it is: %q, %v", got, err)
			}
		})
	}
}

func TestTarTraps(t *testing.T) {
	root := t.TempDir()
	src := openMux(t, root)
	refused := func(archive, member, why string) {
		t.Helper()
		_, err := read(t.Context(), src, tarURI(archive, member))
		if err == nil || !strings.Contains(err.Error(), why) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s %s: %v, want %q", archive, member, err, why)
		}
	}
	writeTar(t, root, "twice.tar", func(w *tar.Writer) {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: names[0], Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
	})
	refused("twice.tar", names[0], "several members")

	writeFile(t, filepath.Join(root, "sparse.tar"), sparseTar())
	refused("sparse.tar", "sparse.bin", "sparse")

	whole := tarOf(t, tar.FormatGNU, nil)
	cut := bytes.Index(whole, content(names[3])) + 100
	writeFile(t, filepath.Join(root, "cut.tar"), whole[:cut])
	if got, err := read(t.Context(), src, tarURI("cut.tar", names[2])); err != nil || !bytes.Equal(got, content(names[2])) {
		t.Errorf("a member before the damage: %v", err)
	}
	refused("cut.tar", names[3], "damaged")
	refused("cut.tar", names[4], "damaged")

	writeFile(t, filepath.Join(root, "no.tar"), bytes.Repeat([]byte("text "), 1000))
	refused("no.tar", "x", "no tar archive")
}

// sparseTar is an archive with a file in the old GNU form for sparse ones: 1 MiB with 4 bytes at its end.
func sparseTar() []byte {
	block := make([]byte, 512)
	copy(block, "sparse.bin")
	copy(block[100:], "0000644\x000000000\x000000000\x0000000000004\x0000000000000\x00")
	block[156] = 'S'
	copy(block[257:], "ustar  \x00")
	copy(block[386:], "00003777774\x0000000000004\x00") // offset and length of the only stretch
	copy(block[483:], "00004000000\x00")                // size of the whole
	copy(block[148:], "        ")
	sum := 0
	for _, b := range block {
		sum += int(b)
	}
	copy(block[148:], []byte{'0' + byte(sum>>15&7), '0' + byte(sum>>12&7), '0' + byte(sum>>9&7), '0' + byte(sum>>6&7), '0' + byte(sum>>3&7), '0' + byte(sum&7), 0, ' '})
	data := make([]byte, 512)
	copy(data, "data")
	return append(append(block, data...), make([]byte, 1024)...)
}

// FuzzTar compares the index with a reader that goes through the archive without seeking.
func FuzzTar(f *testing.F) {
	f.Add(tarOf(f, tar.FormatGNU, nil))
	f.Add(tarOf(f, tar.FormatPAX, nil))
	f.Add(tarOf(f, tar.FormatGNU, nil)[:3000])
	f.Add(sparseTar())
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := indexTar(t.Context(), local{bytes.NewReader(data), int64(len(data)), nil})
		if err != nil {
			t.Fatal(err)
		}
		r := tar.NewReader(io.MultiReader(bytes.NewReader(data)))
		for {
			h, err := r.Next()
			if err != nil {
				return
			}
			m, ok := x.members[h.Name]
			if !ok || m.refused != "" {
				continue
			}
			body, err := io.ReadAll(r)
			if err != nil {
				continue
			}
			got := make([]byte, m.size)
			if n, err := x.of.ReadAtContext(t.Context(), got, m.off); int64(n) != m.size || !bytes.Equal(got, body) {
				t.Errorf("%q: %d of %d bytes at %d (%v), a reader has %d", h.Name, n, m.size, m.off, err, len(body))
			}
		}
	})
}

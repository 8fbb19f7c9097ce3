package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// names are the awkward names that datasets hold.
var names = []string{
	"plain.avi",
	"class with spaces/v_X_g01_c01.avi",
	"#20_Rhythm_clap_u_nm_np1_fr_goo_0.avi",
	"(Rad)Schlag_die_Bank!_cartwheel_f_cm_np1_le_med_0.avi",
	"show_your_smile_-)_smile_h_nm_np1_fr_goo_0.avi",
	"-leading dash.mp4",
	"a;b&c=d?e%20f.webm",
	"動画/名前.with.many.dots.mkv",
	"dots..inside/...three",
	strings.Repeat("n", 196) + ".avi",
}

// content is what an object of that name holds.
func content(name string) []byte { return bytes.Repeat([]byte(name+"\n"), 100) }

// fixture is a source with what it holds.
type fixture struct {
	src     Source
	names   []string                 // of what it holds
	uri     func(name string) string // of one of them
	content func(name string) []byte // of one of them
	missing []string                 // URIs that name nothing
	refused []string                 // URIs that must not open, whether or not there is something
}

// conform checks that a source holds what its fixture says, and nothing else.
func conform(t *testing.T, f fixture) {
	t.Helper()
	if f.content == nil {
		f.content = content
	}
	t.Run("reads whole objects", func(t *testing.T) {
		for _, name := range f.names {
			o, err := f.src.Open(t.Context(), f.uri(name))
			if err != nil {
				t.Errorf("%v", err)
				continue
			}
			want := f.content(name)
			if o.Size() != int64(len(want)) {
				t.Errorf("%s: size %d, want %d", name, o.Size(), len(want))
			}
			got, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes read (%v), want %d", name, len(got), err, len(want))
			}
			if err := o.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("opens in any order, from many goroutines", func(t *testing.T) {
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for i := range 3 * len(f.names) {
					name := f.names[(i*7+worker*3)%len(f.names)]
					if got, err := read(t.Context(), f.src, f.uri(name)); err != nil || !bytes.Equal(got, f.content(name)) {
						t.Errorf("%s: %d bytes, %v", name, len(got), err)
					}
				}
			})
		}
		wg.Wait()
	})
	t.Run("reads anywhere, from many goroutines", func(t *testing.T) {
		o, err := f.src.Open(t.Context(), f.uri(f.names[1]))
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		want := f.content(f.names[1])
		var wg sync.WaitGroup
		for start := range 16 {
			wg.Go(func() {
				part := make([]byte, 50)
				if n, err := o.ReadAt(part, int64(start*37)); n != 50 || err != nil || !bytes.Equal(part, want[start*37:start*37+50]) {
					t.Errorf("at %d: %d bytes, %v", start*37, n, err)
				}
			})
		}
		wg.Wait()
		if n, err := o.ReadAt(make([]byte, 10), o.Size()-3); n != 3 || !errors.Is(err, io.EOF) {
			t.Errorf("across the end: %d bytes, %v; want 3 and EOF", n, err)
		}
		if n, err := o.ReadAt(make([]byte, 1), o.Size()+5); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("behind the end: %d bytes, %v; want EOF", n, err)
		}
		if _, err := o.ReadAt(make([]byte, 1), -1); err == nil {
			t.Error("read before the start")
		}
	})
	t.Run("says what is missing", func(t *testing.T) {
		for _, uri := range f.missing {
			if _, err := read(t.Context(), f.src, uri); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), strconv.Quote(uri)) {
				t.Errorf("%s: got %v, want not-exist with the uri", uri, err)
			}
		}
	})
	t.Run("refuses", func(t *testing.T) {
		for _, uri := range f.refused {
			if _, err := read(t.Context(), f.src, uri); err == nil {
				t.Errorf("%q was opened", uri)
			}
		}
	})
	t.Run("heeds a cancelled context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		o, err := f.src.Open(ctx, f.uri(f.names[0]))
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		cancel()
		if _, err := f.src.Open(ctx, f.uri(f.names[0])); !errors.Is(err, context.Canceled) {
			t.Errorf("open: got %v", err)
		}
		if _, err := o.ReadAt(make([]byte, 1), 0); !errors.Is(err, context.Canceled) {
			t.Errorf("read: got %v", err)
		}
	})
}

// read reads a whole object.
func read(ctx context.Context, src Source, uri string) ([]byte, error) {
	o, err := src.Open(ctx, uri)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
	return b, errors.Join(err, o.Close())
}

// outsiders are plain paths that lead out of a root.
var outsiders = []string{"", "../outside.avi", "class with spaces/../../outside.avi", "/etc/hosts", "a\x00b"}

// plain is the fixture of a source of plain paths.
func plain(src Source) fixture {
	return fixture{
		src: src, names: names, uri: func(name string) string { return name },
		missing: []string{"none.avi", "plain.avi.bak", "no folder/none.avi"},
		refused: outsiders,
	}
}

// within are URIs of another form with each path, such as outsiders.
func within(paths []string, uri func(path string) string) []string {
	var uris []string
	for _, path := range paths {
		uris = append(uris, uri(path))
	}
	return uris
}

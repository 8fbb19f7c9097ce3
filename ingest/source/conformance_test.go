package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
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

// conform checks a source that holds names with their content, and nothing else, below its root.
func conform(t *testing.T, src Source) {
	t.Run("reads whole objects", func(t *testing.T) {
		for _, name := range names {
			o, err := src.Open(t.Context(), name)
			if err != nil {
				t.Errorf("%v", err)
				continue
			}
			want := content(name)
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
	t.Run("reads anywhere, from many goroutines", func(t *testing.T) {
		o, err := src.Open(t.Context(), names[1])
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		want := content(names[1])
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
	})
	t.Run("says what is missing", func(t *testing.T) {
		for _, name := range []string{"none.avi", "plain.avi.bak", "no folder/none.avi"} {
			if _, err := src.Open(t.Context(), name); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: got %v, want not-exist with the name", name, err)
			}
		}
	})
	t.Run("refuses to leave the root", func(t *testing.T) {
		for _, name := range []string{"", "../outside.avi", "class with spaces/../../outside.avi", "/etc/hosts", "a\x00b"} {
			if o, err := src.Open(t.Context(), name); err == nil {
				o.Close()
				t.Errorf("%q was opened", name)
			}
		}
	})
	t.Run("heeds a cancelled context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := src.Open(ctx, names[0]); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

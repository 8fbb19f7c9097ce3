package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func FuzzReadClasses(f *testing.F) {
	for _, seed := range []string{"", "one\ntwo\n", "\ufeffone\r\ntwo", "one\n\ntwo", "one\none", " x \t\n"} {
		f.Add(seed)
	}
	path := filepath.Join(f.TempDir(), "classes.txt")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		names, err := ReadClasses(path)
		if err != nil {
			if !strings.Contains(err.Error(), "line") {
				t.Errorf("no line in %v", err)
			}
			return
		}
		seen := map[string]bool{}
		for _, name := range names {
			if name == "" || name != strings.TrimSpace(name) || seen[name] {
				t.Errorf("class %q of %q", name, names)
			}
			seen[name] = true
		}
	})
}

package wholefile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("n", 230)
	for _, name := range []string{"a[1].json", "b*.json", long} {
		if _, err := Create(filepath.Join(dir, name)); err != nil { // and never ended, as in a crash
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a[1].json", ".hidden", "x.tmp-1"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (drafts, others []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if IsDraft(e.Name(), "") {
				drafts = append(drafts, e.Name())
			} else {
				others = append(others, e.Name())
			}
		}
		return drafts, others
	}
	for i, file := range []string{"a[1].json", long, ""} {
		if err := Sweep(dir, file); err != nil {
			t.Fatal(err)
		}
		drafts, others := left()
		if len(drafts) != []int{2, 1, 0}[i] || !slices.Equal(others, []string{".hidden", "a[1].json", "x.tmp-1"}) {
			t.Errorf("after drafts of %.10q: %q and %q are left", file, drafts, others)
		}
	}
	if err := Sweep(filepath.Join(dir, "absent"), ""); err != nil {
		t.Error(err)
	}
}

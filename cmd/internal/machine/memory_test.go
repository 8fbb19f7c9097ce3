package machine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMemoryBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meminfo")
	for content, want := range map[string]int64{
		"MemFree:  1 kB\nMemTotal:       24646656 kB\n": 24646656 << 10,
		"MemTotal: lots kB\n":                           0,
		"":                                              0,
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := memoryBytes(path); got != want {
			t.Errorf("%q: %d bytes, want %d", content, got, want)
		}
	}
	if got := memoryBytes(path + ".none"); got != 0 {
		t.Errorf("no file: %d bytes", got)
	}
}

func TestMemoryOfAControlGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory.max")
	for content, want := range map[string]int64{"max\n": 100, "40\n": 40, "400\n": 100, "x": 100, "0\n": 100} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := leastMemory(100, path); got != want {
			t.Errorf("limit %q: %d, want %d", content, got, want)
		}
	}
	if got := leastMemory(100, path+".none"); got != 100 {
		t.Errorf("no limit: %d", got)
	}
}

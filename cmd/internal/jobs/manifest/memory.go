package manifest

import (
	"os"
	"path/filepath"
	"runtime/debug"

	"padapter/manifests"
	"padapter/manifests/storage"
)

// The collector's goal for commands that hold whole manifests: a manifest of a million rows has to fit into 1 GiB with
// all that is done to it.
const (
	manifestMemory = 880 << 20
	perParquetByte = 20 // of a manifest's file; larger ones get as much more
	perTextByte    = 3
	// garbagePercent is how much may pile up while the memory that is in use is far from the goal: collecting more often
	// costs a fifth of the time.
	garbagePercent = 200
)

// boundMemory sets the program's garbage collector for work on whole manifests: it works harder near a goal, which grows
// with the files, rather than let garbage pile up as high as what is in use, and less hard below it. GOMEMLIMIT and GOGC,
// where they are set, are kept.
func boundMemory(paths ...string) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	size := int64(0)
	for _, path := range paths {
		at, err := storage.Stat(path)
		if err != nil {
			continue // reading it will say why
		}
		if filepath.Ext(path) == ".parquet" {
			size += at.Size * perParquetByte
		} else {
			size += at.Size * perTextByte
		}
	}
	debug.SetMemoryLimit(max(manifestMemory, size))
}

// Load reads a whole manifest.
func Load(path string) (*manifests.Manifest, error) {
	boundMemory(path)
	return manifests.ReadFile(path)
}

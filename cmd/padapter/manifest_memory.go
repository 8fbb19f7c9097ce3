package main

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

// boundMemory makes the collector work harder near the goal rather than let garbage pile up as high as what is in use,
// and less hard below it. Somebody who has set GOMEMLIMIT or GOGC knows better.
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

// loadManifest reads a manifest that the command is all about.
func loadManifest(path string) (*manifests.Manifest, error) {
	boundMemory(path)
	return manifests.ReadFile(path)
}

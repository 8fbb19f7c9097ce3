package storage

import (
	"path/filepath"
	"strings"
)

// Join puts names behind a folder's.
func Join(folder string, names ...string) string {
	if !Remote(folder) {
		return filepath.Join(append([]string{folder}, names...)...)
	}
	whole := strings.TrimRight(folder, "/")
	for _, n := range names {
		whole += "/" + filepath.ToSlash(n)
	}
	return whole
}

// Dir is the folder of a name.
func Dir(name string) string {
	if !Remote(name) {
		return filepath.Dir(name)
	}
	scheme, rest, _ := strings.Cut(name, "://")
	if i := strings.LastIndexByte(strings.TrimRight(rest, "/"), '/'); i >= 0 {
		rest = rest[:i]
	}
	return scheme + "://" + rest
}

// Clean is filepath.Clean of a path; of a remote name it takes slashes away at the end.
func Clean(name string) string {
	if !Remote(name) {
		return filepath.Clean(name)
	}
	return strings.TrimRight(name, "/")
}

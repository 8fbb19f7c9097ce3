//go:build linux && amd64 && cgo

package openvino

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LibraryVariable is the environment variable that names the library: the file libopenvino_c, or a folder with it.
const LibraryVariable = "OPENVINO_SHARED_LIBRARY_PATH"

const libraryPattern = "libopenvino_c.so*"

// Find returns the path of the library. It looks at LibraryVariable; beside the executable, in lib and ../lib; in
// ../.deps/openvino; and in the active Python environment (VIRTUAL_ENV or CONDA_PREFIX), where the openvino package has it.
func Find() (string, error) {
	if path := os.Getenv(LibraryVariable); path != "" {
		info, err := os.Stat(path)
		if err != nil {
			return "", fmt.Errorf("%s names no file: %w", LibraryVariable, err)
		}
		if !info.IsDir() {
			return path, nil
		}
		if found := newest(filepath.Join(path, libraryPattern)); found != "" {
			return found, nil
		}
		return "", fmt.Errorf("%s names a folder without %s", LibraryVariable, libraryPattern)
	}
	var patterns []string
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Dir(exe)
		for _, folder := range []string{dir, filepath.Join(dir, "lib"), filepath.Join(dir, "..", "lib"), filepath.Join(dir, "..", ".deps", "openvino")} {
			patterns = append(patterns, filepath.Join(folder, libraryPattern))
		}
	}
	for _, variable := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if root := os.Getenv(variable); root != "" {
			patterns = append(patterns, filepath.Join(root, "lib", "python3*", "site-packages", "openvino", "libs", libraryPattern))
		}
	}
	for _, pattern := range patterns {
		if found := newest(pattern); found != "" {
			return found, nil
		}
	}
	return "", fmt.Errorf("its library was not found: run 'make deps', 'pip install openvino' in the active environment, or name its folder in %s", LibraryVariable)
}

// newest returns the last match of a pattern, "" if there is none.
func newest(pattern string) string {
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		return ""
	}
	return slices.Max(found)
}

// shortVersion is the version without the build, such as "2026.4.1".
func shortVersion(version string) string {
	short, _, _ := strings.Cut(version, "-")
	return short
}

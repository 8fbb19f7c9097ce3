//go:build (linux || darwin) && (amd64 || arm64) && cgo

package backend

import (
	"debug/elf"
	"strings"
)

// onnxVersion returns the version of ONNX Runtime that a library's file says, or "": on Linux its symbols have a version.
func onnxVersion(library string) string {
	file, err := elf.Open(library)
	if err != nil {
		return ""
	}
	defer file.Close()
	versions, err := file.DynamicVersions()
	if err != nil {
		return ""
	}
	for _, v := range versions {
		if number, ok := strings.CutPrefix(v.Name, "VERS_"); ok {
			return number
		}
	}
	return ""
}

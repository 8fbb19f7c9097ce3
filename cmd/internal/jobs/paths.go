package jobs

import (
	"fmt"

	"padapter/manifests/storage"
)

// Absolute makes a path mean the same in another process, of this machine or of one with the same storage at the same
// place. URIs and the empty path stay as they are.
func Absolute(path string) (string, error) {
	whole, err := storage.Absolute(path)
	if err != nil {
		return "", fmt.Errorf("make %s absolute: %w", path, err)
	}
	return whole, nil
}

package layout

import (
	"errors"
	"fmt"
	"io"

	"padapter/manifests/storage"
	"padapter/models/checkpoint/safetensors"
)

// File is an opened file of weights.
type File interface {
	Source
	io.Closer
}

// Open opens a safetensors file or a PyTorch pickle, which it tells apart by their first bytes.
func Open(path string) (File, error) {
	pickled, err := isPickle(path)
	if err != nil {
		return nil, err
	}
	if pickled && storage.Remote(path) {
		return nil, fmt.Errorf("open weights %s: PyTorch's pickles are read from files of this machine: copy it here, or use safetensors", path)
	}
	if pickled {
		return openPickle(path)
	}
	return safetensors.Open(path)
}

// isPickle looks for a zip archive, or for a pickle's protocol opcode.
func isPickle(path string) (pickled bool, err error) {
	f, err := storage.Open(path)
	if err != nil {
		return false, fmt.Errorf("open weights: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var head [4]byte
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return false, fmt.Errorf("open weights %s: it is too short to be any: %w", path, err)
	}
	return string(head[:]) == "PK\x03\x04" || (head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 && head[2] != 0), nil
}

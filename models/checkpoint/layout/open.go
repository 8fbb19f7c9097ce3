package layout

import (
	"errors"
	"fmt"
	"io"

	"padapter/manifests/storage"
	"padapter/models/checkpoint/safetensors"
)

// File is an open file of named tensors.
type File interface {
	Source
	io.Closer
}

// Open opens a safetensors file or a PyTorch pickle. It distinguishes them by their first bytes.
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

// isPickle checks for a zip archive or the opcode of a pickle's protocol.
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

package decode

import (
	"errors"
	"fmt"
	"os"
)

// File is a [Source] over a local file. Close it after use.
type File struct {
	*os.File
	size int64
}

// OpenFile opens a local regular file. Its error is an [*Error].
func OpenFile(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fromSource("open", err)
	}
	stat, err := f.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w", path, errors.New("not a regular file"))
	}
	if err != nil {
		f.Close()
		return nil, fromSource("open", err)
	}
	return &File{f, stat.Size()}, nil
}

// Size in bytes when the file was opened.
func (f *File) Size() int64 { return f.size }

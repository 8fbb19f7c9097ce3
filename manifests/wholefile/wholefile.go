// Package wholefile writes files that appear whole or not at all: under a temporary name beside the final one, synced,
// then renamed. A crash leaves at most a file whose name starts with a dot and holds ".tmp-".
package wholefile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Draft is a file on its way. It belongs to one goroutine. End it with Commit or Abort; Abort after Commit does
// nothing, so it can be deferred.
type Draft struct {
	path string
	file *os.File
	buf  *bufio.Writer
	done bool
}

// draftMark is in the name of every draft, behind that of its file.
const draftMark = ".tmp-"

// Create starts a file that will appear as path. The folder must exist.
func Create(path string) (*Draft, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+shortened(filepath.Base(path))+draftMark+"*")
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, err)
	}
	return &Draft{path: path, file: file, buf: bufio.NewWriterSize(file, 1<<18)}, nil
}

// shortened keeps the temporary name within what file systems take (255 bytes).
func shortened(name string) string {
	const most = 200
	if len(name) > most {
		return name[:most]
	}
	return name
}

// Write adds bytes.
func (d *Draft) Write(p []byte) (int, error) { return d.buf.Write(p) }

// Commit makes the file durable and gives it its name. If it fails the draft is gone and an older file of that name
// is untouched.
func (d *Draft) Commit() error {
	if d.done {
		return fmt.Errorf("publish %s: it was published or discarded already", d.path)
	}
	d.done = true
	err := d.buf.Flush()
	if err == nil {
		err = d.file.Chmod(0o644)
	}
	if err == nil {
		err = d.file.Sync()
	}
	if err = errors.Join(err, d.file.Close()); err == nil {
		err = os.Rename(d.file.Name(), d.path)
	}
	if err != nil {
		return fmt.Errorf("publish %s: %w", d.path, errors.Join(err, remove(d.file.Name())))
	}
	return SyncFolder(filepath.Dir(d.path))
}

// Abort drops the file.
func (d *Draft) Abort() error {
	if d == nil || d.done {
		return nil
	}
	d.done = true
	if err := errors.Join(d.file.Close(), remove(d.file.Name())); err != nil {
		return fmt.Errorf("discard %s: %w", d.path, err)
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Write creates path with what fill writes.
func Write(path string, fill func(w io.Writer) error) (err error) {
	d, err := Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Abort()) }()
	if err := fill(d); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return d.Commit()
}

// SyncFolder makes renames inside a folder durable.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}

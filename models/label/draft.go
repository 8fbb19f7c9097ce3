package label

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// draft is a file being written under a temporary name beside its final one.
type draft struct {
	path string
	file *os.File
	buf  *bufio.Writer
	done bool
}

func newDraft(path string) (*draft, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".tmp-*")
	if err != nil {
		return nil, err
	}
	return &draft{path: path, file: file, buf: bufio.NewWriterSize(file, 1<<16)}, nil
}

func (d *draft) Write(p []byte) (int, error) { return d.buf.Write(p) }

// publish makes the file durable and gives it its name.
func (d *draft) publish() error {
	if d.done {
		return nil
	}
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
	d.done = true
	if err != nil {
		return errors.Join(fmt.Errorf("publish labels %s: %w", d.path, err), removeIfThere(d.file.Name()))
	}
	return syncDir(filepath.Dir(d.path))
}

func (d *draft) discard() error {
	if d.done {
		return nil
	}
	d.done = true
	return errors.Join(d.file.Close(), removeIfThere(d.file.Name()))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes a rename inside dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package storage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"padapter/manifests/wholefile"
)

// Create starts a file that will appear under a name.
func Create(name string) (Draft, error) {
	if !Remote(name) {
		d, err := wholefile.Create(name)
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	s, err := storeOf(name)
	if err != nil {
		return nil, err
	}
	return s.Create(name)
}

// Write creates a file with what fill writes.
func Write(name string, fill func(w io.Writer) error) (err error) {
	d, err := Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Abort()) }()
	if err := fill(d); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return d.Commit()
}

// Remove removes a file. On object stores it is no error if there is none.
func Remove(name string) error {
	if !Remote(name) {
		return os.Remove(name)
	}
	s, err := storeOf(name)
	if err != nil {
		return err
	}
	return s.Remove(name)
}

// RemoveAll removes a file or a folder with all that it holds, if it is there.
func RemoveAll(name string) error {
	if !Remote(name) {
		return os.RemoveAll(name)
	}
	if Dir(name) != name { // not a bucket
		if err := Remove(name); err != nil {
			return err
		}
	}
	var below []Entry
	if err := List(name, func(e Entry) error { below = append(below, e); return nil }); err != nil {
		return err
	}
	for _, e := range below {
		next := Remove
		if e.Folder {
			next = RemoveAll
		}
		if err := next(Join(name, e.Name)); err != nil {
			return err
		}
	}
	return nil
}

// MakeFolder makes a folder, with those it lies in, if there is none.
func MakeFolder(name string) error {
	if Remote(name) {
		return nil
	}
	return os.MkdirAll(name, 0o755)
}

// Sync makes what was removed from a folder durable.
func Sync(folder string) error {
	if Remote(folder) {
		return nil
	}
	return wholefile.SyncFolder(folder)
}

// Sweep removes what crashes left of a file that was being written, or of every file in a folder when that is empty.
// Uploads that were not completed are the object store's to remove: they have no names.
func Sweep(folder, file string) error {
	if Remote(folder) {
		return nil
	}
	return wholefile.Sweep(folder, file)
}

// Lock keeps other processes on this machine from what name stands for until it is closed; see wholefile.Lock. Object
// stores have no locks, and nobody is kept away.
func Lock(name string) (io.Closer, error) {
	if Remote(name) {
		return nothing{}, nil
	}
	return wholefile.Lock(name)
}

type nothing struct{}

func (nothing) Close() error { return nil }

// Absolute is a name that means the same in every folder.
func Absolute(name string) (string, error) {
	if name == "" || Remote(name) {
		return name, nil
	}
	return filepath.Abs(name)
}

// Copy writes a file's bytes under another name.
func Copy(from, to string) (err error) {
	o, err := Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	return Write(to, func(w io.Writer) error {
		const piece = 4 << 20 // worth a round trip
		_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{Reader(o)}, make([]byte, piece))
		return err
	})
}

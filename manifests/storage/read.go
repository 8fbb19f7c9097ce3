package storage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// file is an Object on this machine.
type file struct {
	*os.File
	size int64
}

func (f file) Size() int64 { return f.size }

// Open opens a file.
func Open(name string) (Object, error) {
	if Remote(name) {
		s, err := storeOf(name)
		if err != nil {
			return nil, err
		}
		return s.Open(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return file{f, info.Size()}, nil
}

// Stream is what libraries want to read from.
type Stream interface {
	io.Reader
	io.ReaderAt
	io.Seeker
}

// Reader reads an object from its beginning.
func Reader(o Object) Stream {
	if f, ok := o.(file); ok {
		return f.File
	}
	return io.NewSectionReader(o, 0, o.Size())
}

// ReadFile reads a file whole.
func ReadFile(name string) (_ []byte, err error) {
	if !Remote(name) {
		return os.ReadFile(name)
	}
	o, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	all := make([]byte, o.Size())
	if _, err := o.ReadAt(all, 0); err != nil && !(errors.Is(err, io.EOF) && len(all) == 0) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return all, nil
}

// Stat describes a file or a folder. On object stores there is a folder where an object's name goes on from it.
func Stat(name string) (Entry, error) {
	if !Remote(name) {
		info, err := os.Stat(name)
		if err != nil {
			return Entry{}, err
		}
		e := Entry{Name: info.Name(), Folder: info.IsDir()}
		if !e.Folder {
			e.Size = info.Size()
		}
		return e, nil
	}
	o, err := Open(name)
	if err == nil {
		return Entry{Name: name, Size: o.Size()}, o.Close()
	}
	found := errors.New("found")
	switch listed := List(name, func(Entry) error { return found }); {
	case errors.Is(listed, found):
		return Entry{Name: name, Folder: true}, nil
	case listed != nil && !errors.Is(listed, fs.ErrNotExist):
		return Entry{}, listed
	}
	return Entry{}, err
}

// List visits what is in a folder, sorted by name. Of a remote folder that is not there nothing is visited.
func List(folder string, visit func(Entry) error) error {
	if Remote(folder) {
		s, err := storeOf(folder)
		if err != nil {
			return err
		}
		return s.List(folder, visit)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		one := Entry{Name: e.Name(), Folder: e.IsDir()}
		if !one.Folder {
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
				continue
			}
			if err != nil {
				return err
			}
			one.Size = info.Size()
		}
		if err := visit(one); err != nil {
			return err
		}
	}
	return nil
}

package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Files opens local files below a root.
type Files struct {
	root     string   // absolute and clean; empty for none
	resolved string   // root with its own links resolved
	dir      *os.Root // nil without root
}

// NewFiles returns a source of the files below root, which must exist. With an empty root only absolute URIs can be
// opened, and any of them.
func NewFiles(root string) (*Files, error) {
	if root == "" {
		return &Files{}, nil
	}
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("open root %s: %w", root, err)
	}
	resolved, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, fmt.Errorf("open root %s: %w", root, err)
	}
	dir, err := os.OpenRoot(resolved)
	if err != nil {
		return nil, fmt.Errorf("open root %s: %w", root, err)
	}
	return &Files{root: abs, resolved: resolved, dir: dir}, nil
}

// Close ends the source; objects that are open stay usable.
func (f *Files) Close() error {
	if f == nil || f.dir == nil {
		return nil
	}
	return f.dir.Close()
}

// Open opens one regular file.
func (f *Files) Open(ctx context.Context, uri string) (Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e, err := f.byteRange(uri)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", uri, err)
	}
	return newPart(ctx, e, 0, e.Size(), e.Close), nil
}

// byteRange opens one regular file; its errors don't name it.
func (f *Files) byteRange(path string) (byteRange, error) {
	file, err := f.open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is no regular file but %s", describe(info.Mode()))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return local{file, info.Size(), file.Close}, nil
}

func (f *Files) open(uri string) (*os.File, error) {
	path := filepath.FromSlash(uri)
	switch {
	case uri == "":
		return nil, errors.New("the uri is empty")
	case strings.ContainsRune(uri, 0):
		return nil, errors.New("the uri holds a zero byte")
	case f.dir == nil && !filepath.IsAbs(path):
		return nil, errors.New("the path is relative and there is no root to start from: give --root")
	case f.dir == nil:
		return openPlain(path)
	case filepath.IsAbs(path):
		below, err := f.below(path)
		if err != nil {
			return nil, err
		}
		path = below
	}
	file, err := f.dir.OpenFile(path, os.O_RDONLY|nonBlocking, 0)
	return file, withoutPath(err)
}

// stat describes a file without opening it.
func (f *Files) stat(path string) (fs.FileInfo, error) {
	path = filepath.FromSlash(path)
	if f.dir == nil {
		return os.Stat(path)
	}
	if filepath.IsAbs(path) {
		var err error
		if path, err = f.below(path); err != nil {
			return nil, err
		}
	}
	return f.dir.Stat(path)
}

func openPlain(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|nonBlocking, 0)
	return file, withoutPath(err)
}

// below makes an absolute path relative to the root.
func (f *Files) below(path string) (string, error) {
	for _, root := range []string{f.root, f.resolved} {
		if rel, err := filepath.Rel(root, filepath.Clean(path)); err == nil && filepath.IsLocal(rel) {
			return rel, nil
		}
	}
	return "", fmt.Errorf("it lies outside the root %s", f.root)
}

// withoutPath takes the path out of an error that will be wrapped with the URI.
func withoutPath(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func describe(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "of another kind"
}

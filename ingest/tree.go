package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"padapter/manifests"
)

// tree looks at the files below a root.
type tree struct {
	root string // absolute
	dir  *os.Root
}

func openTree(root string) (*tree, error) {
	if root == "" {
		return nil, errors.New("no root folder was given")
	}
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("root %s: %w", root, err)
	}
	dir, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("root %s: %w", root, err)
	}
	return &tree{root: abs, dir: dir}, nil
}

func (t *tree) close() error { return t.dir.Close() }

// walk calls visit for every file below the root, in the order of sorted paths, with slashes and relative to the root.
// Hidden files and folders, whose names start with a dot, are left out.
func (t *tree) walk(ctx context.Context, visit func(path string) error) error {
	return fs.WalkDir(t.dir.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("look into %s: %w", filepath.Join(t.root, path), err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if path != "." && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		return visit(path)
	})
}

// look sets a record's status, reason and size by what lies at the path in its URI field, and makes that a URI.
func (t *tree) look(r *manifests.Record) {
	reject := func(reason string) { r.Status, r.Reason = manifests.Rejected, reason }
	if !utf8.ValidString(r.URI) {
		reject("the name is not UTF-8: rename the file")
		r.URI = strings.ToValidUTF8(r.URI, "\ufffd")
		return
	}
	path := filepath.FromSlash(r.URI)
	if filepath.IsAbs(path) {
		rel, err := filepath.Rel(t.root, path)
		if err != nil || !filepath.IsLocal(rel) {
			reject("the path lies outside the root folder")
			return
		}
		path = rel
	}
	r.URI = plainURI(r.URI)
	info, err := t.dir.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.Status, r.Reason = manifests.Missing, "there is no such file"
	case err != nil:
		reject(strings.TrimPrefix(err.Error(), "statat "))
	case !info.Mode().IsRegular():
		reject("it is no regular file")
	case info.Size() == 0:
		reject("the file is empty")
	default:
		r.Status = manifests.Found
		r.Facts.Bytes = info.Size()
	}
}

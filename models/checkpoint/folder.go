package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"padapter/manifests/storage"
	"padapter/manifests/wholefile"
)

// writeFolder makes a folder that fill fills, and replaces an older one of that name. The folder appears whole: fill gets a
// draft beside it. For an object store it gets a local one, which is uploaded.
func writeFolder(dir string, fill func(draft string) error) (err error) {
	parent, pattern := "", "padapter-*"
	if !storage.Remote(dir) {
		dir = filepath.Clean(dir)
		parent, pattern = filepath.Dir(dir), "."+filepath.Base(dir)+".tmp-*"
		if err := os.MkdirAll(parent, 0o755); err != nil {
			return err
		}
	}
	draft, err := os.MkdirTemp(parent, pattern)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil || parent == "" {
			err = errors.Join(err, os.RemoveAll(draft))
		}
	}()
	if err := os.Chmod(draft, 0o755); err != nil {
		return err
	}
	if err := fill(draft); err != nil {
		return err
	}
	if parent == "" {
		return Upload(draft, dir)
	}
	return replace(draft, dir)
}

// replacedSuffix marks a folder that is being replaced. Should the program end between the two renames, the next
// reader puts it back.
const replacedSuffix = ".replaced"

// replace gives draft the name dir.
func replace(draft, dir string) error {
	old := dir + replacedSuffix
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(draft, dir); err != nil {
		return err
	}
	return errors.Join(wholefile.SyncFolder(filepath.Dir(dir)), os.RemoveAll(old))
}

// recoverReplaced undoes a replacement that was cut off half-way.
func recoverReplaced(dir string) error {
	if storage.Remote(dir) {
		return nil
	}
	dir = filepath.Clean(dir)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := os.Rename(dir+replacedSuffix, dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("checkpoint %s: recover the folder from a save that was cut off: %w", dir, err)
	}
	return nil
}

package wholefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// IsDraft reports whether a name is that of a draft of a file, or of any file when that is empty. Crashes leave such files
// behind.
func IsDraft(name, file string) bool {
	if file != "" {
		return strings.HasPrefix(name, "."+shortened(file)+draftMark)
	}
	return strings.HasPrefix(name, ".") && strings.Contains(name, draftMark)
}

// Sweep removes the drafts of a file, or of every file when that is empty, that crashes left in a folder. A draft that
// somebody is at work on cannot be published afterwards.
func Sweep(dir, file string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for drafts: %w", err)
	}
	for _, e := range entries {
		if !IsDraft(e.Name(), file) {
			continue
		}
		if err := remove(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("remove a draft: %w", err)
		}
	}
	return nil
}

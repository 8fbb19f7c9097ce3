package source

import (
	"errors"
	"fmt"
	"io/fs"
)

// Stamp changes when the local file that holds what a URI names does: it is the file's size and its time of modification.
// It is "absent" where there is no such file, and empty where the URI is none, or the bytes lie on an object store.
// Nothing is opened.
func (m *Mux) Stamp(uri string) string {
	u, err := Parse(uri)
	if err != nil {
		return ""
	}
	if _, inside := keysOf[u.Form]; inside {
		if u, err = Parse(u.Path); err != nil {
			return ""
		}
	}
	if u.Bucket != "" || m.files == nil {
		return ""
	}
	info, err := m.files.stat(u.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "absent"
	case err != nil:
		return err.Error()
	}
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
}

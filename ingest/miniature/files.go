package miniature

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Media makes the bytes of a clip or an image. Its argument is the class's name.
type Media func(class string) []byte

// files writes files below a folder; the first error stays and stops the rest.
type files struct {
	dir   string
	media Media
	err   error
}

// write writes a file, given by its path with slashes below the folder.
func (f *files) write(path string, content []byte) {
	if f.err != nil {
		return
	}
	name := filepath.Join(f.dir, filepath.FromSlash(path))
	if f.err = os.MkdirAll(filepath.Dir(name), 0o755); f.err != nil {
		return
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		f.err = fmt.Errorf("write %s: %w", name, err)
	}
}

// text writes a file of lines.
func (f *files) text(path string, lines ...string) {
	var b bytes.Buffer
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	f.write(path, b.Bytes())
}

// json writes a value as the file's JSON text.
func (f *files) json(path string, value any) {
	text, err := json.Marshal(value)
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("encode %s: %w", path, err)
	}
	f.write(path, text)
}

// clip writes a video or an image.
func (f *files) clip(path, class string) {
	content := []byte("no media: " + path)
	if f.media != nil {
		content = f.media(class)
	}
	f.write(path, content)
}

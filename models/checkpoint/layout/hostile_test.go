package layout

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPicklesRunNothing opens pickles that would run a command in Python: the class they name is a stand-in here.
func TestPicklesRunNothing(t *testing.T) {
	dir := t.TempDir()
	mark := filepath.Join(dir, "mark")
	command := "echo run > " + mark
	call := "cposix\nsystem\n(X" + string([]byte{byte(len(command)), 0, 0, 0}) + command + "tR"
	if len(command) > 255 {
		t.Skip("the temporary folder's name is too long for this pickle")
	}
	hostile := "\x80\x02" + call + "."
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.Create("archive/data.pkl")
	if err == nil {
		_, err = w.Write([]byte(hostile))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	// The legacy form's third pickle is read before the model.
	legacy := "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03." + hostile + hostile + "\x80\x02]."
	for name, content := range map[string]string{"zip.pth": archive.String(), "legacy.pth": legacy, "bare.pth": hostile} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error that names the file", name, err)
		}
		if _, err := os.Stat(mark); err == nil {
			t.Fatalf("%s: the command ran", name)
		}
	}
}

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folderHashes lists a folder's files and what is in them.
func folderHashes(t *testing.T, dir string) string {
	t.Helper()
	var list strings.Builder
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		relative, _ := filepath.Rel(dir, path)
		sum := sha256.Sum256(text)
		fmt.Fprintln(&list, relative, hex.EncodeToString(sum[:]))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list.String()
}

// sameFolders fails the test unless two folders hold the same files.
func sameFolders(t *testing.T, want, got string) {
	t.Helper()
	if a, b := folderHashes(t, want), folderHashes(t, got); a != b {
		t.Fatalf("%s holds\n%s\nand %s\n%s", got, b, want, a)
	}
}

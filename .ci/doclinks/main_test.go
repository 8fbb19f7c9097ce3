package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCheck(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{
		"README.md":          "[a](docs/a.md) [licence](LICENSE) [web](https://example.org/x.md) `[code](nowhere.md)`\n```\n[code](nowhere.md)\n```\n",
		"LICENSE":            "",
		"docs/a.md":          "# A page\n\n## What `it` does, and why\n[here](#what-it-does-and-why) [back](../README.md) [b](sub/b.md#b) [folder](sub)\n",
		"docs/sub/b.md":      "# B\n[none](../c.md) [heading](../a.md#nothing) [out](../../../x.md)\n",
		"other/unlinked.md":  "a page outside docs needs no link",
		"docs/sub/text.yaml": "",
	}
	var pages []string
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) == ".md" {
			pages = append(pages, name)
		}
	}
	slices.Sort(pages)
	got, err := check(root, append(pages, "docs/removed.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"docs/sub/b.md: ../c.md leads nowhere",
		"docs/sub/b.md: docs/a.md has no heading #nothing",
		"docs/sub/b.md: ../../../x.md leads nowhere",
		"README.md has no link to docs/sub/b.md",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

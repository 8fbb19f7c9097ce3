package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/manifests"
)

// lay writes files with the given contents below a new root.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// rows renders what matters of a manifest's records, a line each.
func rows(t *testing.T, m *manifests.Manifest) []string {
	t.Helper()
	if err := m.Validate(); err != nil {
		t.Errorf("invalid manifest: %v", err)
	}
	var lines []string
	for _, r := range m.Records {
		line := fmt.Sprintf("%s|%s|%d|%s|%s|%s", r.URI, r.Kind, r.Label, r.LabelName, r.Split, r.Status)
		if r.Reason != "" {
			line += "|" + r.Reason
		}
		lines = append(lines, line)
	}
	return lines
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestFolder(t *testing.T) {
	root := lay(t, map[string]string{
		"run fast/#1!.avi": "x", "run fast/-b;c&d.v2.mp4": "x", "sit/deep/er/名前.webm": "x", "sit/pic.JPG": "x",
		"sit/notes.txt": "x", "sit/.DS_Store": "x", "sit/broken.avi": "", "loose.avi": "x",
	})
	res, err := Folder(t.Context(), FolderOptions{Root: root, Dataset: "d"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		"loose.avi|video|-1|||rejected|it lies in no class folder",
		"run fast/#1!.avi|video|0|run fast||found",
		"run fast/-b;c&d.v2.mp4|video|0|run fast||found",
		"sit/broken.avi|video|1|sit||rejected|the file is empty",
		"sit/deep/er/名前.webm|video|1|sit||found",
		"sit/pic.JPG|image|1|sit||found",
	})
	equal(t, res.Manifest.Classes, []string{"run fast", "sit"})
	if len(res.Skipped) != 1 || res.Skipped[0].Path != "sit/notes.txt" {
		t.Errorf("skipped %v", res.Skipped)
	}
}

func TestFolderWithSplitsAndClassList(t *testing.T) {
	root := lay(t, map[string]string{"train/b/1.avi": "x", "validation/a/2.avi": "x", "test/c/3.avi": "x", "README.md": "x"})
	res, err := Folder(t.Context(), FolderOptions{Root: root, Classes: []string{"b", "a"}})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		`test/c/3.avi|video|-1||test|rejected|class "c" is not in the class list`,
		"train/b/1.avi|video|0|b|train|found",
		"validation/a/2.avi|video|1|a|val|found",
	})
}

func TestLinks(t *testing.T) {
	root := lay(t, map[string]string{"a/real.avi": "x"})
	outside := lay(t, map[string]string{"secret.avi": "x"})
	for to, from := range map[string]string{filepath.Join(outside, "secret.avi"): "a/out.avi", "real.avi": "a/in.avi", "gone.avi": "a/dangling.avi"} {
		if err := os.Symlink(to, filepath.Join(root, filepath.FromSlash(from))); err != nil {
			t.Fatal(err)
		}
	}
	res, err := Directory(t.Context(), DirectoryOptions{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]manifests.Status{}
	for _, r := range res.Manifest.Records {
		got[r.URI] = r.Status
	}
	want := map[string]manifests.Status{"a/real.avi": manifests.Found, "a/in.avi": manifests.Found, "a/out.avi": manifests.Rejected, "a/dangling.avi": manifests.Missing}
	for uri, status := range want {
		if got[uri] != status {
			t.Errorf("%s is %s, want %s", uri, got[uri], status)
		}
	}
}

func TestNamesThatAreNoText(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "bad\xff.avi"), []byte("x"), 0o644); err != nil {
		t.Skip("this file system takes only UTF-8 names: ", err)
	}
	res, err := Directory(t.Context(), DirectoryOptions{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{"bad\ufffd.avi|video|-1|||rejected|the name is not UTF-8: rename the file"})
}

func TestList(t *testing.T) {
	list := "a b.avi 1\r\nc,d.avi,0\n\n\"quoted, name.avi\",1\ntab.avi\t0\nnone.avi 1\nnolabel.avi\nword.avi run\na b.avi 0\n-1.avi -1\n"
	root := lay(t, map[string]string{"a b.avi": "x", "c,d.avi": "x", "quoted, name.avi": "x", "tab.avi": "x", "nolabel.avi": "x", "word.avi": "x", "-1.avi": "x", "list.csv": list})
	res, err := List(t.Context(), ListOptions{List: filepath.Join(root, "list.csv"), Split: "train"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		"a b.avi|video|1|1|train|found",
		"c,d.avi|video|0|0|train|found",
		"quoted, name.avi|video|1|1|train|found",
		"tab.avi|video|0|0|train|found",
		"none.avi|video|1|1|train|missing|there is no such file",
		"nolabel.avi|video|-1||train|rejected|line 7: there is no label behind the path",
		`word.avi|video|-1||train|rejected|line 8: label "run" is no class number from 0`,
		"a b.avi|video|0|0|train|rejected|line 9: the path stands in line 1 already",
		`-1.avi|video|-1||train|rejected|line 10: label "-1" is no class number from 0`,
	})
}

func TestListOfNames(t *testing.T) {
	root := lay(t, map[string]string{"1.avi": "x", "2.avi": "x", "list.txt": "1.avi run\n2.avi jump\n"})
	res, err := List(t.Context(), ListOptions{List: filepath.Join(root, "list.txt"), Root: root})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{"1.avi|video|1|run||found", "2.avi|video|0|jump||found"})
}

func TestListWithClassList(t *testing.T) {
	root := lay(t, map[string]string{"1.avi": "x", "2.avi": "x", "list.txt": "1.avi 0\n2.avi 2\n", "classes.txt": "jump high\nrun\n"})
	classes, err := ReadClasses(filepath.Join(root, "classes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := List(t.Context(), ListOptions{List: filepath.Join(root, "list.txt"), Classes: classes})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		"1.avi|video|0|jump high||found",
		"2.avi|video|-1|||rejected|label 2: the class list has 2 names, from 0",
	})
}

func TestHMDB51(t *testing.T) {
	root := lay(t, map[string]string{
		"clips/brush_hair/#20_Rhythm_clap_u.avi": "x", "clips/brush_hair/(Rad)!_x.avi": "x", "clips/brush_hair/extra.avi": "x",
		"clips/smile/show_-)_smile.avi":     "x",
		"splits/brush_hair_test_split1.txt": "#20_Rhythm_clap_u.avi 1 \n(Rad)!_x.avi 2 \ngone.avi 2\n",
		"splits/smile_test_split1.txt":      "show_-)_smile.avi 0 \n",
		"splits/smile_test_split2.txt":      "show_-)_smile.avi 1 \n",
	})
	opt := HMDB51Options{Root: filepath.Join(root, "clips"), Splits: filepath.Join(root, "splits"), Split: 1}
	res, err := HMDB51(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		"brush_hair/#20_Rhythm_clap_u.avi|video|0|brush_hair|train|found",
		"brush_hair/(Rad)!_x.avi|video|0|brush_hair|test|found",
		"brush_hair/gone.avi|video|0|brush_hair|test|missing|there is no such file",
		"smile/show_-)_smile.avi|video|1|smile|unused|found",
	})
	if len(res.Skipped) != 1 || res.Skipped[0].Path != "brush_hair/extra.avi" {
		t.Errorf("skipped %v", res.Skipped)
	}
	opt.Split = 3
	if _, err := HMDB51(t.Context(), opt); err == nil || !strings.Contains(err.Error(), "_test_split3.txt") {
		t.Errorf("got %v, want the missing lists named", err)
	}
	bad := lay(t, map[string]string{"splits/a_test_split1.txt": "x.avi 1\ny.avi 7\n"})
	opt = HMDB51Options{Root: bad, Splits: filepath.Join(bad, "splits"), Split: 1}
	if _, err := HMDB51(t.Context(), opt); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v, want the line named", err)
	}
}

func TestUnusableInput(t *testing.T) {
	root := lay(t, map[string]string{"a/1.avi": "x", "twice.txt": "a\nb\na\n", "gap.txt": "a\n\nb\n"})
	none := filepath.Join(root, "none")
	for name, call := range map[string]func() error{
		"folder without root": func() error { _, err := Folder(t.Context(), FolderOptions{}); return err },
		"folder not there":    func() error { _, err := Folder(t.Context(), FolderOptions{Root: none}); return err },
		"directory not there": func() error { _, err := Directory(t.Context(), DirectoryOptions{Root: none}); return err },
		"list not there":      func() error { _, err := List(t.Context(), ListOptions{List: none, Root: root}); return err },
		"doubled class list": func() error {
			_, err := Folder(t.Context(), FolderOptions{Root: root, Classes: []string{"a", "a"}})
			return err
		},
		"class list repeats": func() error { _, err := ReadClasses(filepath.Join(root, "twice.txt")); return err },
		"class list gap":     func() error { _, err := ReadClasses(filepath.Join(root, "gap.txt")); return err },
	} {
		if err := call(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzParseList(f *testing.F) {
	f.Add("a b.avi 1\r\n\"x\",2\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := parseList(t.Context(), strings.NewReader(text))
		if err != nil {
			return
		}
		for _, line := range lines {
			if line.number < 1 {
				t.Fatalf("line %+v", line)
			}
		}
	})
}

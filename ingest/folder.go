package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"padapter/manifests"
)

// FolderOptions say where class folders lie.
type FolderOptions struct {
	Root    string   // <root>/[split/]<class>/…/<file>
	Dataset string   // name to record
	Classes []string // class names in the order of their numbers; nil takes the folders' names, sorted
	Tool    string   // program and version to record
}

// splitNames are the folder names that are splits when all folders below the root are.
var splitNames = map[string]string{
	"train": "train", "training": "train",
	"val": "val", "valid": "val", "validation": "val",
	"test": "test", "testing": "test",
}

// Folder makes a manifest of a dataset that is laid out as a folder a class. When all folders below the root are named
// like splits, they are splits. A file's id is its path.
func Folder(ctx context.Context, opt FolderOptions) (res *Result, err error) {
	t, err := openTree(opt.Root)
	if err != nil {
		return nil, fmt.Errorf("ingest class folders: %w", err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	f := folderReader{tree: t, result: &Result{Manifest: &manifests.Manifest{Dataset: opt.Dataset, Source: "folder", Root: t.root, Tool: opt.Tool}}}
	var paths []string
	if err := t.walk(ctx, func(path string) error { paths = append(paths, path); return nil }); err != nil {
		return nil, fmt.Errorf("ingest class folders: %w", err)
	}
	f.split = hasSplits(paths)
	for _, path := range paths {
		f.add(path)
	}
	if err := f.number(opt.Classes); err != nil {
		return nil, fmt.Errorf("ingest class folders of %s: %w", opt.Root, err)
	}
	return f.result, nil
}

// hasSplits reports whether all folders right below the root are named like splits.
func hasSplits(paths []string) bool {
	found := false
	for _, path := range paths {
		top, _, nested := strings.Cut(path, "/")
		if !nested {
			continue
		}
		if splitNames[strings.ToLower(top)] == "" {
			return false
		}
		found = true
	}
	return found
}

type folderReader struct {
	tree   *tree
	split  bool
	result *Result
}

func (f *folderReader) add(path string) {
	kind, ok := kindOf(path)
	if !ok {
		f.result.Skipped = append(f.result.Skipped, Skipped{path, "its name has no ending of a video or an image"})
		return
	}
	r := manifests.Record{ID: strings.ToValidUTF8(path, "\ufffd"), URI: path, Kind: kind, Label: manifests.NoLabel, Dataset: f.result.Manifest.Dataset}
	below := path
	if f.split {
		if top, rest, nested := strings.Cut(path, "/"); nested {
			r.Split, below = splitNames[strings.ToLower(top)], rest
		}
	}
	f.tree.look(&r)
	class, _, nested := strings.Cut(below, "/")
	switch {
	case !nested:
		r.Status, r.Reason = manifests.Rejected, "it lies in no class folder"
	case utf8.ValidString(class):
		r.LabelName = class
	}
	f.result.Manifest.Records = append(f.result.Manifest.Records, r)
}

// number gives the records their labels by their class names.
func (f *folderReader) number(classes []string) error {
	return numberClasses(f.result.Manifest, classes)
}

// numberClasses turns class names into labels: by the list when there is one, otherwise by the sorted names.
func numberClasses(m *manifests.Manifest, classes []string) error {
	given := classes != nil
	if !given {
		names := map[string]bool{}
		for i := range m.Records {
			if name := m.Records[i].LabelName; name != "" {
				names[name] = true
			}
		}
		for name := range names {
			classes = append(classes, name)
		}
		slices.Sort(classes)
	}
	numbers := make(map[string]int32, len(classes))
	for i, name := range classes {
		if _, twice := numbers[name]; twice {
			return fmt.Errorf("class %q stands twice in the class list", name)
		}
		numbers[name] = int32(i)
	}
	m.Classes = classes
	for i := range m.Records {
		r := &m.Records[i]
		if r.LabelName == "" {
			continue
		}
		label, ok := numbers[r.LabelName]
		if !ok {
			r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("class %q is not in the class list", r.LabelName)
			r.LabelName = ""
			continue
		}
		r.Label = label
	}
	return nil
}

package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"padapter/manifests"
)

// officialHMDB51 is each of the three splits; the other clips take no part.
var officialHMDB51 = officialNumbers{Classes: 51, Splits: map[string]int{"train": 3570, "test": 1530, "unused": 1666}}

// HMDB51Options say where HMDB-51, or a dataset laid out like it, lies.
type HMDB51Options struct {
	Root    string // <root>/<class>/<name>.avi
	Splits  string // folder of <class>_test_split<n>.txt files
	Split   int    // 1, 2 or 3
	Dataset string // name to record
	Tool    string // program and version to record
}

// HMDB51 makes the manifest of one of HMDB-51's three splits. A class's list has lines "<name>.avi <0|1|2>": 1 trains,
// 2 tests, 0 takes no part and gets the split "unused". Class numbers are the sorted names. A clip's id is its path.
// Videos in class folders that no list names are reported as skipped.
func HMDB51(ctx context.Context, opt HMDB51Options) (res *Result, err error) {
	fail := func(err error) (*Result, error) {
		return nil, fmt.Errorf("ingest HMDB-51 split %d: %w", opt.Split, err)
	}
	if opt.Split < 1 || opt.Split > 3 {
		return fail(errors.New("there are splits 1, 2 and 3"))
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	suffix := fmt.Sprintf("_test_split%d.txt", opt.Split)
	lists, err := splitLists(opt.Splits, suffix)
	if err != nil {
		return fail(err)
	}
	m := &manifests.Manifest{Dataset: opt.Dataset, Source: fmt.Sprintf("hmdb51 split %d", opt.Split), Root: t.root, Tool: opt.Tool}
	named := map[string]bool{}
	for _, list := range lists {
		class := strings.TrimSuffix(list, suffix)
		records, err := readWith(filepath.Join(opt.Splits, list), parseHMDB51List(class))
		if err != nil {
			return fail(err)
		}
		for _, r := range records {
			if named[r.ID] {
				return fail(fmt.Errorf("%s names %s twice", list, r.URI))
			}
			named[r.ID] = true
			r.Dataset = opt.Dataset
			t.look(&r)
			m.Records = append(m.Records, r)
		}
	}
	if err := numberClasses(m, nil); err != nil {
		return fail(err)
	}
	res = &Result{Manifest: m}
	err = t.walk(ctx, func(path string) error {
		class, _, nested := strings.Cut(path, "/")
		if _, media := kindOf(path); media && nested && slices.Contains(m.Classes, class) && !named[path] {
			res.Skipped = append(res.Skipped, Skipped{path, "no list of this split names it"})
		}
		return nil
	})
	if err != nil {
		return fail(err)
	}
	return res, nil
}

// splitLists returns the names of the files that end in suffix, sorted.
func splitLists(dir, suffix string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("split lists: %w", err)
	}
	var lists []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			lists = append(lists, e.Name())
		}
	}
	if len(lists) == 0 {
		return nil, fmt.Errorf("split lists: %s holds no file that ends in %s: %w", dir, suffix, fs.ErrNotExist)
	}
	return lists, nil
}

var hmdb51Splits = map[string]string{"0": "unused", "1": "train", "2": "test"}

// parseHMDB51List reads lines "<name>.avi <0|1|2>".
func parseHMDB51List(class string) func(name string, r io.Reader) ([]manifests.Record, error) {
	return func(name string, r io.Reader) (records []manifests.Record, err error) {
		err = eachLine(name, r, func(line string) error {
			if line == "" {
				return nil
			}
			at := strings.LastIndexAny(line, " \t")
			if at < 0 || hmdb51Splits[line[at+1:]] == "" {
				return fmt.Errorf("%q: want a file name, a space, and 0, 1 or 2", line)
			}
			uri := path.Join(class, strings.TrimSpace(line[:at]))
			records = append(records, manifests.Record{
				ID: strings.ToValidUTF8(uri, "\ufffd"), URI: uri, Kind: manifests.Video, Label: manifests.NoLabel, LabelName: class, Split: hmdb51Splits[line[at+1:]],
			})
			return nil
		})
		return records, err
	}
}

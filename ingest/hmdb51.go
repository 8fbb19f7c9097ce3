package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"padapter/manifests"
)

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
		records, err := readHMDB51List(filepath.Join(opt.Splits, list), class)
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

func readHMDB51List(file, class string) (records []manifests.Record, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	scan := bufio.NewScanner(f)
	for number := 1; scan.Scan(); number++ {
		line := strings.TrimSpace(scan.Text())
		if line == "" {
			continue
		}
		at := strings.LastIndexAny(line, " \t")
		if at < 0 || hmdb51Splits[line[at+1:]] == "" {
			return nil, fmt.Errorf("%s line %d: %q: want a file name, a space, and 0, 1 or 2", file, number, line)
		}
		uri := path.Join(class, strings.TrimSpace(line[:at]))
		records = append(records, manifests.Record{
			ID: uri, URI: uri, Kind: manifests.Video, Label: manifests.NoLabel, LabelName: class, Split: hmdb51Splits[line[at+1:]],
		})
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return records, nil
}

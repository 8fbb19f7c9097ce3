package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"padapter/manifests"
)

var officialFood101 = officialNumbers{Classes: 101, Splits: map[string]int{"train": 75750, "test": 25250}}

// Food101Options say where Food-101, or a dataset laid out like it, lies.
type Food101Options struct {
	Root    string // holds images/<class>/<id>.jpg and meta/{train,test}.json
	Dataset string // name to record
	Tool    string // program and version to record
}

// Food101 makes the manifest of Food-101. Class numbers are the sorted names, of meta/classes.txt where it is there. An
// image's id is "<class>/<id>", as the lists write it. Images that no list names are reported as skipped.
func Food101(ctx context.Context, opt Food101Options) (res *Result, err error) {
	fail := func(err error) (*Result, error) {
		return nil, fmt.Errorf("ingest Food-101: %w", err)
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	m := &manifests.Manifest{Dataset: opt.Dataset, Source: "food101", Root: t.root, Tool: opt.Tool}
	classes, err := ReadClasses(filepath.Join(t.root, "meta", "classes.txt"))
	switch {
	case err == nil:
		slices.Sort(classes)
	case !errors.Is(err, fs.ErrNotExist):
		return fail(err)
	}
	seen := newOnce()
	for _, split := range []string{"train", "test"} {
		file := split + ".json"
		j, err := readJSON(filepath.Join(t.root, "meta", file))
		if err != nil {
			return fail(err)
		}
		check := seen.part(file + " item")
		number := 0
		err = j.food101(func(class, item string) error {
			number++
			r := manifests.Record{ID: item, URI: path.Join("images", item+".jpg"), Kind: manifests.Image, Label: manifests.NoLabel, LabelName: class, Split: split, Dataset: opt.Dataset}
			t.look(&r)
			if of, _, _ := strings.Cut(item, "/"); of != class {
				r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("%s item %d: it is listed under class %q", file, number, class)
			}
			check(&r, number)
			m.Records = append(m.Records, r)
			return ctx.Err()
		})
		if err != nil {
			return fail(err)
		}
	}
	if err := numberClasses(m, classes); err != nil {
		return fail(err)
	}
	res = &Result{Manifest: m}
	err = t.walk(ctx, func(file string) error {
		_, media := kindOf(file)
		if item, below := strings.CutPrefix(file, "images/"); media && below {
			if _, named := seen.at[strings.TrimSuffix(item, path.Ext(item))]; !named {
				res.Skipped = append(res.Skipped, Skipped{file, "no list names it"})
			}
		}
		return nil
	})
	if err != nil {
		return fail(err)
	}
	return res, nil
}

// food101 calls item for each "<class>/<id>" of a file that maps classes to lists of them.
func (j jsonText) food101(item func(class, item string) error) error {
	classes := map[string]bool{}
	return j.object(`an object like {"apple_pie": ["apple_pie/1005649", …], …}`, func(class string, value func(any) error) error {
		var items []string
		if err := value(&items); err != nil {
			return err
		}
		if class == "" || classes[class] {
			return fmt.Errorf("%s: class %q stands there twice or has no name", j.name, class)
		}
		classes[class] = true
		for _, name := range items {
			if err := item(class, name); err != nil {
				return err
			}
		}
		return nil
	})
}

package ingest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"padapter/manifests"
)

var officialFlowers102 = officialNumbers{Classes: 102, Splits: map[string]int{"train": 1020, "val": 1020, "test": 6149}}

// Flowers102Options say where Flowers-102 lies.
type Flowers102Options struct {
	Root    string   // holds jpg/image_<number>.jpg, imagelabels.mat and setid.mat
	Classes []string // class names in the order of their numbers; nil takes the published numbers, from 1
	Dataset string   // name to record
	Tool    string   // program and version to record
}

// Flowers102 makes the manifest of Flowers-102. Labels are those of imagelabels.mat less one; the splits are setid.mat's
// trnid, valid and tstid, of which the last is the large one. Images in none of them get the split "unused". An image's id
// is its file's name without its ending.
func Flowers102(ctx context.Context, opt Flowers102Options) (res *Result, err error) {
	fail := func(err error) (*Result, error) {
		return nil, fmt.Errorf("ingest Flowers-102: %w", err)
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	labels, err := readMatrices(filepath.Join(t.root, "imagelabels.mat"), "labels")
	if err != nil {
		return fail(err)
	}
	setFile := filepath.Join(t.root, "setid.mat")
	sets, err := readMatrices(setFile, "trnid", "valid", "tstid")
	if err != nil {
		return fail(err)
	}
	numbers := labels.values["labels"]
	splits := make([]string, len(numbers))
	twice := map[int]string{}
	for _, set := range []struct{ array, split string }{{"trnid", "train"}, {"valid", "val"}, {"tstid", "test"}} {
		for i, id := range sets.values[set.array] {
			if id < 1 || id > int64(len(numbers)) {
				return fail(fmt.Errorf("%s: %s number %d: image %d: want one from 1 to %d, as many as imagelabels.mat has", setFile, set.array, i+1, id, len(numbers)))
			}
			if first := splits[id-1]; first != "" {
				twice[int(id-1)] = fmt.Sprintf("setid.mat has it in %s and in %s", first, set.split)
				continue
			}
			splits[id-1] = set.split
		}
	}
	m := &manifests.Manifest{Dataset: opt.Dataset, Source: "flowers102", Root: t.root, Tool: opt.Tool, Classes: opt.Classes}
	if m.Classes == nil {
		for _, n := range numbers {
			for int64(len(m.Classes)) < min(n, 102) {
				m.Classes = append(m.Classes, strconv.Itoa(len(m.Classes)+1))
			}
		}
	}
	for i, n := range numbers {
		if err := ctx.Err(); err != nil {
			return fail(err)
		}
		name := fmt.Sprintf("image_%05d", i+1)
		r := manifests.Record{ID: name, URI: "jpg/" + name + ".jpg", Kind: manifests.Image, Label: manifests.NoLabel, Split: splits[i], Dataset: opt.Dataset}
		if r.Split == "" {
			r.Split = "unused"
		}
		t.look(&r)
		switch {
		case n < 1 || n > int64(len(m.Classes)):
			r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("label %d: want a class number from 1 to %d", n, len(m.Classes))
		case twice[i] != "":
			r.Status, r.Reason = manifests.Rejected, twice[i]
			fallthrough
		default:
			r.Label, r.LabelName = int32(n-1), m.Classes[n-1]
		}
		m.Records = append(m.Records, r)
	}
	return &Result{Manifest: m}, nil
}

package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"padapter/manifests"
)

var officialSVHN = officialNumbers{Classes: 10, Splits: map[string]int{"train": 73257, "test": 26032, "extra": 531131}}

// SVHNOptions say where SVHN's cropped digits lie.
type SVHNOptions struct {
	Root    string // holds {train,test,extra}_32x32.mat
	Dataset string // name to record
	Tool    string // program and version to record
}

// SVHN makes the manifest of SVHN's cropped digits. A file's array X has the pixels, [32, 32, 3, N], and y the labels, of
// which 10 means the digit 0; a class's number is its digit. An image's id is "<split>/<number>", numbers from 0.
func SVHN(ctx context.Context, opt SVHNOptions) (res *Result, err error) {
	fail := func(err error) (*Result, error) {
		return nil, fmt.Errorf("ingest SVHN: %w", err)
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	m := &manifests.Manifest{Dataset: opt.Dataset, Source: "svhn", Root: t.root, Tool: opt.Tool}
	for digit := range 10 {
		m.Classes = append(m.Classes, fmt.Sprint(digit))
	}
	present := 0
	for _, split := range []string{"train", "test", "extra"} {
		file := split + "_32x32.mat"
		records, err := readSVHN(filepath.Join(t.root, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return fail(err)
		}
		present++
		m.Records = slices.Grow(m.Records, len(records.labels))
		for i, label := range records.labels {
			r := manifests.Record{
				ID: fmt.Sprintf("%s/%d", split, i), URI: svhnURI(file, i), Kind: manifests.Image, Label: manifests.NoLabel,
				Split: split, Dataset: opt.Dataset, Status: manifests.Found,
			}
			switch {
			case label < 1 || label > 10:
				r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("label %d: want a digit from 1 to 9, or 10 for 0", label)
			case i >= records.images:
				r.Status, r.Reason = manifests.Missing, fmt.Sprintf("X has %d images", records.images)
				fallthrough
			default:
				r.Label = int32(label % 10)
				r.LabelName = m.Classes[r.Label]
			}
			m.Records = append(m.Records, r)
		}
		if records.images > len(records.labels) {
			return fail(fmt.Errorf("%s: X has %d images and y %d labels", file, records.images, len(records.labels)))
		}
	}
	if present == 0 {
		return fail(fmt.Errorf("%s holds none of train_32x32.mat, test_32x32.mat, extra_32x32.mat: %w", opt.Root, fs.ErrNotExist))
	}
	return &Result{Manifest: m}, nil
}

type svhnFile struct {
	labels []int64
	images int
}

func readSVHN(file string) (s svhnFile, err error) {
	m, err := readMatrices(file, "y")
	if err != nil {
		return s, err
	}
	dims, ok := m.dims["X"]
	if !ok {
		return s, fmt.Errorf("%s: want the arrays X and y: there is no X", file)
	}
	if len(dims) == 3 { // MATLAB drops a last dimension of one
		dims = append(slices.Clone(dims), 1)
	}
	if len(dims) != 4 || !slices.Equal(dims[:3], []int{32, 32, 3}) {
		return s, fmt.Errorf("%s: X is %v, want [32 32 3 N]: the cropped digits are meant", file, dims)
	}
	return svhnFile{labels: m.values["y"], images: dims[3]}, nil
}

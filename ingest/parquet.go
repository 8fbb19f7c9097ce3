package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"padapter/manifests"
)

// ParquetOptions say where a dataset of images in Parquet files lies, as Hugging Face's hub has them.
type ParquetOptions struct {
	Root    string   // holds the .parquet files, in folders of any depth
	Image   string   // column of the images; empty takes the only one of structs with a field "bytes"
	Label   string   // column of the labels; empty takes the only one of class labels, or of whole numbers
	Split   string   // split to record; empty takes it from the files' names, or their folders'
	Classes []string // class names in the order of their numbers; nil takes those in the files' metadata
	Dataset string   // name to record
	Tool    string   // program and version to record
}

// Parquet makes a manifest of images in Parquet files, a row each. Labels are class numbers, or names; a negative or absent
// one leaves a row unlabelled. Other columns of numbers and texts are kept. A row's id is "<path>#<row>", rows from 0.
func Parquet(ctx context.Context, opt ParquetOptions) (res *Result, err error) {
	fail := func(err error) (*Result, error) {
		return nil, fmt.Errorf("ingest Parquet files: %w", err)
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	res = &Result{Manifest: &manifests.Manifest{Dataset: opt.Dataset, Source: "parquet", Root: t.root, Tool: opt.Tool}}
	p := parquetDataset{opt: opt, m: res.Manifest}
	err = t.walk(ctx, func(file string) error {
		if strings.ToLower(path.Ext(file)) != ".parquet" {
			res.Skipped = append(res.Skipped, Skipped{file, "its name does not end in .parquet"})
			return nil
		}
		p.files++
		return p.add(ctx, filepath.Join(t.root, filepath.FromSlash(file)), file)
	})
	if err != nil {
		return fail(err)
	}
	if p.files == 0 {
		return fail(fmt.Errorf("%s holds no file that ends in .parquet: %w", opt.Root, fs.ErrNotExist))
	}
	if err := p.number(); err != nil {
		return fail(err)
	}
	return res, nil
}

type parquetDataset struct {
	opt     ParquetOptions
	m       *manifests.Manifest
	files   int
	classes []string // of the files' metadata
	texts   bool     // labels are names
}

// add reads one file.
func (p *parquetDataset) add(ctx context.Context, name, uri string) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	split := p.opt.Split
	if split == "" {
		split = parquetSplit(uri)
	}
	uri = strings.ToValidUTF8(uri, "\ufffd")
	read := func(t *imageTable) error {
		if p.files > 1 && (!slices.Equal(p.classes, t.classes) || p.texts != t.texts) {
			return fmt.Errorf("its class names are not those of the files before: %d here, %d there", len(t.classes), len(p.classes))
		}
		p.classes, p.texts = t.classes, t.texts
		return t.each(func(row imageRow) error {
			r := manifests.Record{
				ID: fmt.Sprintf("%s#%d", uri, row.number), URI: parquetURI(uri, t.image, row.number), Kind: manifests.Image,
				Label: manifests.NoLabel, Split: split, Dataset: p.opt.Dataset, Status: manifests.Found, Extra: row.extra,
			}
			p.label(&r, row)
			switch {
			case row.missing:
				r.Status, r.Reason = manifests.Missing, "the cell of column "+t.image+" is null"
			case row.empty:
				r.Status, r.Reason = manifests.Rejected, "the cell of column "+t.image+" is empty"
			}
			p.m.Records = append(p.m.Records, r)
			return ctx.Err()
		})
	}
	if err := openImageTable(f, p.opt.Image, p.opt.Label, read); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// label takes a row's label as it stands: names are numbered when all rows are known.
func (p *parquetDataset) label(r *manifests.Record, row imageRow) {
	if !row.labelled || p.texts {
		r.LabelName = row.label
		return
	}
	n, err := strconv.ParseInt(row.label, 10, 32)
	switch {
	case err != nil:
		r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("label %s: want a class number from 0", row.label)
	case n >= 0:
		r.Label = int32(n)
	}
}

func (p *parquetDataset) number() error {
	classes := p.opt.Classes
	if classes == nil {
		classes = p.classes
	}
	if p.texts {
		return numberClasses(p.m, classes)
	}
	return nameClasses(p.m, classes)
}

// parquetSplit takes a split from a file's name, "train-00000-of-00002.parquet", or from a folder's, the nearest first.
func parquetSplit(file string) string {
	parts := strings.Split(file, "/")
	slices.Reverse(parts)
	for _, part := range parts {
		word, _, _ := strings.Cut(strings.TrimSuffix(part, path.Ext(part)), "-")
		if split := splitOf(word); split != "" {
			return split
		}
	}
	return ""
}

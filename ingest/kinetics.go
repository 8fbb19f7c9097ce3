package ingest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"padapter/manifests"
)

// The Kinetics datasets. Of Kinetics-400 the numbers are known: annotated clips, and those that the public mirror holds.
var (
	officialKinetics400 = officialNumbers{
		Classes: 400,
		Splits:  map[string]int{"train": 246534, "val": 19906, "test": 39805},
		Found:   map[string]int{"train": 240258, "val": 19881, "test": 38685},
	}
	officialKinetics600 = officialNumbers{Classes: 600}
	officialKinetics700 = officialNumbers{Classes: 700}
)

// KineticsOptions say where a Kinetics dataset lies.
type KineticsOptions struct {
	Version      int      // 400, 600 or 700
	Root         string   // the clips, in folders of any depth: a split, a class, or both
	Annotations  []string // CSV files with a header line: train.csv, validate.csv, train.txt, …
	Replacements string   // name of a folder whose clips stand in for broken ones; empty stands for the mirror's name for it
	Classes      []string // class names in the order of their numbers, in any of the spellings; nil sorts the annotation's
	Dataset      string   // name to record
	Tool         string   // program and version to record
}

// kineticsReplacements is the mirror's folder of clips in place of broken ones.
const kineticsReplacements = "replacement_for_corrupted_k400"

// Kinetics makes the manifest of Kinetics-400, -600 or -700 from its CSV files. A row's clip is the file below the root
// whose name, without its ending, is the video's id and the times in seconds, "<id>_<start>_<end>" with six digits each,
// wherever it lies; of several, one in the folder of replacements, then one in folders named after its class and split.
// Names of classes are the same when they differ in spaces, underscores, apostrophes and parentheses alone. A clip's id is
// that name, its group the video. Files that no row names are reported as skipped.
func Kinetics(ctx context.Context, opt KineticsOptions) (res *Result, err error) {
	fail := func(err error) (*Result, error) {
		return nil, fmt.Errorf("ingest Kinetics-%d: %w", opt.Version, err)
	}
	if opt.Version != 400 && opt.Version != 600 && opt.Version != 700 {
		return fail(errors.New("there are Kinetics-400, -600 and -700"))
	}
	if opt.Replacements == "" {
		opt.Replacements = kineticsReplacements
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	files, err := findClips(ctx, t)
	if err != nil {
		return fail(err)
	}
	k := kineticsReader{opt: opt, tree: t, files: files, seen: newOnce(), spelling: map[string]string{}, labels: map[string]string{}}
	k.m = &manifests.Manifest{Dataset: opt.Dataset, Source: fmt.Sprintf("kinetics%d", opt.Version), Root: t.root, Tool: opt.Tool}
	for _, class := range opt.Classes {
		key := kineticsKey(class)
		if other, twice := k.spelling[key]; twice {
			return fail(fmt.Errorf("the class list has %q and %q, which are one class", other, class))
		}
		k.spelling[key] = class
	}
	if len(opt.Annotations) == 0 {
		return fail(errors.New("no annotations were given"))
	}
	for _, file := range opt.Annotations {
		if err := k.add(ctx, file); err != nil {
			return fail(err)
		}
	}
	if err := numberClasses(k.m, opt.Classes); err != nil {
		return fail(err)
	}
	return &Result{Manifest: k.m, Skipped: files.skipped()}, nil
}

// kineticsKey is what a class's spellings have in common.
func kineticsKey(class string) string {
	dropped := strings.NewReplacer("_", " ", "'", "", "’", "", "(", "", ")", "").Replace(class)
	return strings.ToLower(strings.Join(strings.Fields(dropped), " "))
}

type kineticsReader struct {
	opt      KineticsOptions
	tree     *tree
	files    *clipFiles
	m        *manifests.Manifest
	seen     *once
	spelling map[string]string // class names by key
	labels   map[string]string // class names by what rows say
}

// class is the name to use for a class as a row spells it.
func (k *kineticsReader) class(label string) string {
	if name, ok := k.labels[label]; ok || label == "" {
		return name
	}
	key := kineticsKey(label)
	name, ok := k.spelling[key]
	if !ok {
		name = strings.Clone(label)
		k.spelling[key] = name
	}
	k.labels[strings.Clone(label)] = name
	return name
}

func (k *kineticsReader) add(ctx context.Context, file string) error {
	rows, err := openKinetics(file)
	if err != nil {
		return err
	}
	defer func() { _ = rows.close() }() // it was only read
	base := filepath.Base(file)
	check := k.seen.part(base + " line")
	k.m.Records = slices.Grow(k.m.Records, rows.most)
	for {
		row, more, err := rows.next()
		if err := errors.Join(err, ctx.Err()); err != nil || !more {
			return err
		}
		r := manifests.Record{Kind: manifests.Video, Label: manifests.NoLabel, Split: row.split, Dataset: k.opt.Dataset, LabelName: k.class(row.label), Extra: row.extra}
		switch {
		case row.wrong != "":
			place := fmt.Sprintf("%s line %d", base, row.line)
			r.Status, r.Reason = manifests.Rejected, place+": "+row.wrong
			r.ID = row.id
			if r.ID != "" {
				r.ID += " (" + place + ")"
			}
		default:
			r.ID = fmt.Sprintf("%s_%06d_%06d", row.id, row.start, row.end)
			r.Group = r.ID[:len(row.id)]
			k.find(&r)
		}
		check(&r, row.line)
		k.m.Records = append(k.m.Records, r)
	}
}

// find looks for a record's clip.
func (k *kineticsReader) find(r *manifests.Record) {
	found := k.files.take(r.ID, func(folder string) int {
		switch {
		case folder == k.opt.Replacements:
			return 4
		case r.LabelName != "" && kineticsKey(folder) == kineticsKey(r.LabelName):
			return 2
		case splitOf(folder) == r.Split && r.Split != "":
			return 1
		default:
			return 0
		}
	})
	for i, path := range found {
		candidate := *r
		candidate.URI = path
		k.tree.look(&candidate)
		if candidate.Status == manifests.Found || i == 0 {
			*r = candidate
		}
		if candidate.Status == manifests.Found {
			return
		}
	}
	if len(found) == 0 {
		r.URI = plainURI(r.ID + ".mp4")
		r.Status, r.Reason = manifests.Missing, "there is no such file"
	}
}

// splitOf is the split that a folder or file is named after; empty for none.
func splitOf(name string) string {
	name = strings.ToLower(name)
	if name == "validate" {
		return "val"
	}
	return splitNames[name]
}

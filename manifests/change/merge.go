package change

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"padapter/manifests"
)

// MergeOptions control Merge.
type MergeOptions struct {
	Dataset string // name of the result; empty joins the names with '+'
	Prefix  bool   // prepend "dataset/" to every id
}

// Merge concatenates manifests. Classes are matched by name: the class list is that of the first manifest followed by
// the new classes of each further one, and labels are renumbered. Records without a dataset get that of their manifest
// if the manifests' datasets differ. If roots differ, the new root is their deepest common folder. An id in several
// manifests is an error unless Prefix makes it unique.
func Merge(all []*manifests.Manifest, opt MergeOptions) (*manifests.Manifest, error) {
	out, err := merge(all, opt)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	return out, nil
}

func merge(all []*manifests.Manifest, opt MergeOptions) (*manifests.Manifest, error) {
	if len(all) == 0 {
		return nil, errors.New("there is nothing to merge")
	}
	out := &manifests.Manifest{Dataset: opt.Dataset}
	names, sources, total := []string{}, []string{}, 0
	for i, m := range all {
		if opt.Prefix && m.Dataset == "" {
			return nil, fmt.Errorf("manifest %d has no dataset name to put in front of its ids: build it with --dataset", i+1)
		}
		if m.Dataset != "" && !slices.Contains(names, m.Dataset) {
			names = append(names, m.Dataset)
		}
		if m.Source != "" && !slices.Contains(sources, m.Source) {
			sources = append(sources, m.Source)
		}
		total += len(m.Records)
	}
	if out.Dataset == "" {
		out.Dataset = strings.Join(names, "+")
	}
	several := slices.ContainsFunc(all, func(m *manifests.Manifest) bool { return m.Dataset != all[0].Dataset })
	out.Source = strings.Join(sources, ", ")
	root, uri, err := reroot(all)
	if err != nil {
		return nil, err
	}
	classes, labels, err := mergeClasses(all)
	if err != nil {
		return nil, err
	}
	out.Root, out.Classes = root, classes
	out.Records = make([]manifests.Record, 0, total)
	from := make(map[string]int, total)
	for n, m := range all {
		for i := range m.Records {
			r := m.Records[i]
			if opt.Prefix {
				r.ID = m.Dataset + "/" + r.ID
			}
			if first, clash := from[r.ID]; clash {
				return nil, fmt.Errorf("manifests %d and %d both have a record %q: put dataset names in front of ids with --prefix", first+1, n+1, r.ID)
			}
			from[r.ID] = n
			if r.Dataset == "" && several {
				r.Dataset = m.Dataset
			}
			if labels != nil && r.Label >= 0 {
				r.Label = labels[n][r.Label]
			}
			r.URI = uri(n, r.URI)
			out.Records = append(out.Records, r)
		}
	}
	return out, nil
}

// mergeClasses returns the union of the classes and, for each manifest, the label mapping from old to new numbers. The
// mapping is nil if no manifest names its classes.
func mergeClasses(all []*manifests.Manifest) (classes []string, labels [][]int32, err error) {
	named, numbered := 0, 0
	for i, m := range all {
		if len(m.Classes) > 0 {
			named = i + 1
		} else if slices.ContainsFunc(m.Records, func(r manifests.Record) bool { return r.Label >= 0 }) {
			numbered = i + 1
		}
	}
	if named > 0 && numbered > 0 {
		return nil, nil, fmt.Errorf("manifest %d has class names and manifest %d only numbers: build it with --classes", named, numbered)
	}
	if named == 0 {
		return nil, nil, nil
	}
	number := map[string]int32{}
	labels = make([][]int32, len(all))
	for i, m := range all {
		for label, name := range m.Classes {
			if slices.Index(m.Classes, name) != label {
				return nil, nil, fmt.Errorf("manifest %d has two classes named %s", i+1, strconv.Quote(name))
			}
			if _, ok := number[name]; !ok {
				number[name] = int32(len(classes))
				classes = append(classes, name)
			}
			labels[i] = append(labels[i], number[name])
		}
	}
	return classes, labels, nil
}

package change

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"padapter/manifests"
)

// Part is one split to create.
type Part struct {
	Name  string
	Share float64 // fraction of the records, relative to the sum of all shares
}

// SplitOptions control Split.
type SplitOptions struct {
	Parts []Part
	Of    []string // only records of these splits are reassigned; empty means all records
	Seed  uint64
}

// Split returns m with its records assigned to new splits. Records of one group of a dataset, and records with the same
// bytes, always get the same split. Every class is divided in the given proportions as closely as the groups allow. The
// result depends on the seed, ids, groups, classes and content hashes, not on the order of the records.
//
// Groups of records that stay together are sorted by class; those with found files come first, large ones before small
// ones, and the rest is shuffled. Each is assigned to the split that is furthest below its share. So no split deviates
// from its share by more than about the size of a group, neither overall nor within a class.
func Split(m *manifests.Manifest, opt SplitOptions) (*manifests.Manifest, error) {
	total, err := opt.total()
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	out := *m
	out.Records = slices.Clone(m.Records)
	row := bundlesInARow(m, opt)
	have := make([]float64, len(opt.Parts))
	dealt := 0.0
	for _, b := range row {
		dealt += float64(len(b.records))
		best, most := 0, math.Inf(-1)
		for p, part := range opt.Parts {
			if behind := part.Share/total*dealt - have[p]; part.Share > 0 && behind > most {
				best, most = p, behind
			}
		}
		have[best] += float64(len(b.records))
		for _, i := range b.records {
			out.Records[i].Split = opt.Parts[best].Name
		}
	}
	return &out, nil
}

func (o SplitOptions) total() (float64, error) {
	total := 0.0
	for i, p := range o.Parts {
		switch {
		case p.Name == "" || slices.ContainsFunc(o.Parts[:i], func(q Part) bool { return q.Name == p.Name }):
			return 0, fmt.Errorf("part %q: every part needs a name of its own", p.Name)
		case !(p.Share >= 0) || math.IsInf(p.Share, 0):
			return 0, fmt.Errorf("part %q: share %g: use a positive number", p.Name, p.Share)
		}
		total += p.Share
	}
	if !(total > 0) {
		return 0, errors.New("no part has a share: give some, such as train=0.9 and val=0.1")
	}
	return total, nil
}

// bundle is a group of records that stay together.
type bundle struct {
	records []int
	class   int32 // most frequent class
	lost    bool  // no file was found
	number  uint64
	key     string // smallest id
}

func bundlesInARow(m *manifests.Manifest, opt SplitOptions) []*bundle {
	numbers := bundles(m)
	byNumber := map[int]*bundle{}
	var row []*bundle
	for i, number := range numbers {
		if len(opt.Of) > 0 && !slices.Contains(opt.Of, m.Records[i].Split) {
			continue
		}
		b := byNumber[number]
		if b == nil {
			b = &bundle{lost: true}
			byNumber[number] = b
			row = append(row, b)
		}
		b.records = append(b.records, i)
	}
	counts := map[int32]int{}
	for _, b := range row {
		clear(counts)
		for _, i := range b.records {
			r := &m.Records[i]
			counts[r.Label]++
			b.lost = b.lost && r.Status != manifests.Found
			if b.key == "" || r.ID < b.key {
				b.key = r.ID
			}
		}
		b.class = commonest(counts)
		b.number = draw(opt.Seed, b.key)
	}
	slices.SortFunc(row, func(a, b *bundle) int {
		return cmp.Or(order(a.lost, b.lost), cmp.Compare(a.class, b.class), cmp.Compare(len(b.records), len(a.records)),
			cmp.Compare(a.number, b.number), strings.Compare(a.key, b.key))
	})
	return row
}

// commonest returns the most frequent class, the lowest of several.
func commonest(counts map[int32]int) int32 {
	best, most := int32(0), 0
	for class, n := range counts {
		if n > most || n == most && class < best {
			best, most = class, n
		}
	}
	return best
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"padapter/manifests"
)

// use says what clips are wanted for, and so which split of a manifest is meant where none is named.
type use int

const (
	anyUse        use = iota // every record
	forTraining              // the split train
	forValidation            // the split val, however it is spelled
	forTesting               // the split test, or else val
)

// everySplit is the value of a split flag that takes all records on purpose.
const everySplit = "all"

// usual are the names that the splits of published datasets have, in order of preference.
var usual = map[use][]string{
	forTraining:   {"train", "training"},
	forValidation: {"val", "validation", "valid", "dev"},
	forTesting:    {"test", "testing", "val", "validation", "valid", "dev"},
}

// choose returns the records of the split that was named or, without a name, of the one that the use asks for. Training
// clips are never taken for validation, nor the reverse, because nobody named a split: where the choice is open it is
// an error that lists the splits.
func (u use) choose(man *manifests.Manifest, split string) (*manifests.Manifest, error) {
	if split == everySplit {
		return man, nil
	}
	have := splitsOf(man)
	if split != "" {
		if !slices.Contains(have, split) {
			return nil, usageErrorf("no record has the split %q: the manifest's are %s", split, quoted(have))
		}
		return man.Split(split), nil
	}
	if u == anyUse || len(have) == 0 || len(have) == 1 && have[0] == "" {
		return man, nil
	}
	for _, name := range usual[u] {
		if slices.Contains(have, name) {
			return man.Split(name), nil
		}
	}
	if len(have) == 1 {
		return man, nil
	}
	return nil, usageErrorf("the manifest has the splits %s: name the one to take, or %q", quoted(have), everySplit)
}

// splitsOf lists the splits of a manifest's records, sorted; records without one count as "".
func splitsOf(man *manifests.Manifest) []string {
	seen := map[string]bool{}
	for i := range man.Records {
		seen[man.Records[i].Split] = true
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, name := range names {
		q[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(q, ", ")
}

// disjoint is an error when a clip of b is one of a's: the same part of the same file.
func disjoint(a, b *manifests.Manifest) error {
	if a == nil || b == nil {
		return nil // shards, which do not say where their clips came from
	}
	type part struct {
		path       string
		start, end float64
	}
	key := func(man *manifests.Manifest, r *manifests.Record) part {
		if filepath.IsAbs(r.URI) {
			return part{r.URI, r.Start, r.End}
		}
		return part{filepath.Join(man.Root, r.URI), r.Start, r.End}
	}
	held := make(map[part]bool, len(a.Records))
	for i := range a.Records {
		held[key(a, &a.Records[i])] = true
	}
	common, first := 0, ""
	for i := range b.Records {
		if held[key(b, &b.Records[i])] {
			if common == 0 {
				first = b.Records[i].ID
			}
			common++
		}
	}
	if common > 0 {
		return usageErrorf("%d clips are in the training data and in the data to measure with, %s among them: give other clips, or name splits (--train-split, --val-split)", common, first)
	}
	return nil
}

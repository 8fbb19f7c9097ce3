package inputs

import (
	"fmt"
	"slices"
	"strings"

	"padapter/cmd/internal/jobs"
	"padapter/manifests"
)

// Use says what clips are wanted for, and so which split of a manifest is meant where none is named.
type Use int

// The uses of clips.
const (
	AnyUse        Use = iota // every record
	ForTraining              // the split train
	ForValidation            // the split val, however it is spelled
	ForTesting               // the split test, or else val
)

// everySplit takes all records on purpose, as the name of a split.
const everySplit = "all"

// usual are the names that the splits of published datasets have, in order of preference.
var usual = map[Use][]string{
	ForTraining:   {"train", "training"},
	ForValidation: {"val", "validation", "valid", "dev"},
	ForTesting:    {"test", "testing", "val", "validation", "valid", "dev"},
}

// choose returns the records of the split that was named or, without a name, of the one that the use asks for. Training
// clips are never taken for validation, nor the reverse, because nobody named a split: where the choice is open it is
// an error that lists the splits.
func (u Use) choose(man *manifests.Manifest, split string) (*manifests.Manifest, error) {
	if split == everySplit {
		return man, nil
	}
	have := SplitsOf(man)
	if split != "" {
		if !slices.Contains(have, split) {
			return nil, jobs.Usagef("no record has the split %q: the manifest's are %s", split, Quoted(have))
		}
		return man.Split(split), nil
	}
	if u == AnyUse || len(have) == 0 || len(have) == 1 && have[0] == "" {
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
	return nil, jobs.Usagef("the manifest has the splits %s: name the one to take, or %q", Quoted(have), everySplit)
}

// SplitsOf lists the splits of a manifest's records, sorted; records without one count as "".
func SplitsOf(man *manifests.Manifest) []string {
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

// Quoted lists names for a message, each in quotes.
func Quoted(names []string) string {
	q := make([]string, len(names))
	for i, name := range names {
		q[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(q, ", ")
}

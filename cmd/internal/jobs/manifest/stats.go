package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Stats is what a manifest holds, in numbers.
type Stats struct {
	Dataset string         `json:"dataset"`
	Hash    string         `json:"hash"`
	Records int            `json:"records"`
	Status  map[string]int `json:"status"`
	Kinds   map[string]int `json:"kinds"`
	Splits  map[string]int `json:"splits"`
	Classes map[string]int `json:"classes"` // records of each class
}

// Count reads a manifest and counts its records.
func Count(path string) (*Stats, error) {
	m, err := Load(path)
	if err != nil {
		return nil, err
	}
	s := &Stats{Dataset: m.Dataset, Hash: m.Hash(), Records: len(m.Records), Status: map[string]int{}, Kinds: map[string]int{}, Splits: map[string]int{}, Classes: map[string]int{}}
	for _, name := range m.Classes {
		s.Classes[name] = 0
	}
	for i := range m.Records {
		r := &m.Records[i]
		s.Status[string(r.Status)]++
		s.Kinds[string(r.Kind)]++
		if r.Split != "" {
			s.Splits[r.Split]++
		}
		if r.LabelName != "" {
			s.Classes[r.LabelName]++
		}
	}
	return s, nil
}

// Text is the numbers for people.
func (s *Stats) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d records, hash %s\n", s.Records, s.Hash)
	for _, part := range []struct {
		name   string
		counts map[string]int
	}{{"status", s.Status}, {"kind", s.Kinds}, {"split", s.Splits}, {"class", s.Classes}} {
		for _, key := range sortedKeys(part.counts) {
			fmt.Fprintf(&out, "  %s %s: %d\n", part.name, key, part.counts[key])
		}
	}
	return out.String()
}

func sortedKeys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }

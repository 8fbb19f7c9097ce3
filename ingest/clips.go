package ingest

import (
	"context"
	"path"
	"slices"
	"strings"
)

// clipFiles finds files by their names without folders and endings.
type clipFiles struct {
	first map[string]string   // paths by name
	more  map[string][]string // further paths of the same name
	rest  []Skipped           // files that are not the one that was taken
}

// findClips lists the videos below a root.
func findClips(ctx context.Context, t *tree) (*clipFiles, error) {
	c := &clipFiles{first: map[string]string{}, more: map[string][]string{}}
	err := t.walk(ctx, func(file string) error {
		if _, media := kindOf(file); !media {
			return nil
		}
		name := strings.TrimSuffix(path.Base(file), path.Ext(file))
		if _, twice := c.first[name]; twice {
			c.more[name] = append(c.more[name], file)
		} else {
			c.first[name] = file
		}
		return nil
	})
	return c, err
}

// take removes the files of a name and returns them, the best first: rank says how much a folder in their path speaks
// for a file.
func (c *clipFiles) take(name string, rank func(folder string) int) []string {
	first, ok := c.first[name]
	if !ok {
		return nil
	}
	found := append([]string{first}, c.more[name]...)
	delete(c.first, name)
	delete(c.more, name)
	if len(found) == 1 {
		return found
	}
	score := func(file string) int {
		sum := 0
		for folder := range strings.SplitSeq(path.Dir(file), "/") {
			sum += rank(folder)
		}
		return sum
	}
	slices.SortStableFunc(found, func(a, b string) int { return score(b) - score(a) })
	for _, file := range found[1:] {
		c.rest = append(c.rest, Skipped{file, "the clip is there more than once; compare " + found[0]})
	}
	return found
}

// skipped returns what no record took, sorted.
func (c *clipFiles) skipped() []Skipped {
	all := c.rest
	for name, file := range c.first {
		for _, file := range append([]string{file}, c.more[name]...) {
			all = append(all, Skipped{file, "no annotation names it"})
		}
	}
	slices.SortFunc(all, func(a, b Skipped) int { return strings.Compare(a.Path, b.Path) })
	return all
}

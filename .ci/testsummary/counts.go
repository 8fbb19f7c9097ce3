package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

const format = "%d passed, %d failed, %d skipped"

// counts are what became of tests.
type counts struct{ Passed, Failed, Skipped int }

func (c counts) String() string {
	return fmt.Sprintf(format, c.Passed, c.Failed, c.Skipped)
}

func (c counts) add(d counts) counts {
	return counts{c.Passed + d.Passed, c.Failed + d.Failed, c.Skipped + d.Skipped}
}

// total adds counts to those in a file, where there is one, and returns the sum.
func (c counts) total(path string) (counts, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		var before counts
		if _, err = fmt.Sscanf(string(text), format, &before.Passed, &before.Failed, &before.Skipped); err == nil {
			c = c.add(before)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, os.WriteFile(path, []byte(c.String()+"\n"), 0o666)
}

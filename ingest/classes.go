package ingest

import (
	"fmt"
	"os"
	"strings"
)

// ReadClasses reads a class list: one name a line, in the order of their numbers. Blank lines at the end don't count.
func ReadClasses(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read class list: %w", err)
	}
	lines := strings.Split(strings.TrimRight(strings.TrimPrefix(string(text), "\ufeff"), "\r\n\t "), "\n")
	seen := map[string]int{}
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" {
			return nil, fmt.Errorf("read class list %s: line %d is empty", path, i+1)
		}
		if first, twice := seen[line]; twice {
			return nil, fmt.Errorf("read class list %s: line %d repeats line %d, %q", path, i+1, first, line)
		}
		seen[line], lines[i] = i+1, line
	}
	return lines, nil
}

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// allowance is one line of a list of skips that are allowed:
//
//	WHEN | PATTERN | WHY
//
// PATTERN is a regular expression over "PACKAGE TEST: what the test said". WHEN is "always", "without PATH" (nothing is there),
// "without program NAME" (none on PATH) or "not root". Empty lines and lines that begin with # count for nothing.
type allowance struct {
	when    string
	pattern *regexp.Regexp
}

// readAllowed reads the list and keeps the lines that hold on this machine.
func readAllowed(path string) ([]allowance, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []allowance
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		a, err := parseAllowance(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		holds, err := a.holds()
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if holds {
			list = append(list, a)
		}
	}
	return list, lines.Err()
}

func parseAllowance(line string) (allowance, error) {
	const between = " | "
	when, rest, ok := strings.Cut(line, between)
	last := strings.LastIndex(rest, between)
	if !ok || last < 0 || strings.TrimSpace(rest[last+len(between):]) == "" {
		return allowance{}, fmt.Errorf("want WHEN | PATTERN | WHY, got %q", line)
	}
	pattern, err := regexp.Compile(strings.TrimSpace(rest[:last]))
	return allowance{strings.TrimSpace(when), pattern}, err
}

// holds reports whether this machine is one that the line speaks of.
func (a allowance) holds() (bool, error) {
	if a.when == "always" {
		return true, nil
	}
	if a.when == "not root" {
		return os.Geteuid() != 0, nil
	}
	if name, ok := strings.CutPrefix(a.when, "without program "); ok {
		_, err := exec.LookPath(name)
		return err != nil, nil
	}
	if path, ok := strings.CutPrefix(a.when, "without "); ok {
		_, err := os.Stat(path)
		return err != nil, nil
	}
	return false, fmt.Errorf("want always, without PATH, without program NAME or not root, got %q", a.when)
}

func allowed(list []allowance, skip string) bool {
	for _, a := range list {
		if a.pattern.MatchString(skip) {
			return true
		}
	}
	return false
}

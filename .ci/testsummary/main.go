// Command testsummary reads the output of `go test -json` and prints what a
// person wants of it: a line for each package, everything a failed test wrote,
// why tests were skipped, and the counts. It exits 1 when anything failed.
//
// A test that was started and never ended (its package panicked or ran out of
// time) has failed; so has a package that failed without a failed test.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of test2json (see `go doc test2json`), or of the build
// output that go test puts in between.
type event struct {
	Action, Package, Test, Output, ImportPath string
}

type summary struct {
	out                     io.Writer
	running                 map[string][]string // package + test: what it wrote so far
	failedIn                map[string]int      // package: its failed tests
	passed, failed, skipped int
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, running: map[string][]string{}, failedIn: map[string]int{}}
}

func main() {
	s := newSummary(os.Stdout)
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testsummary: read go test's output:", err)
		os.Exit(1)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	if s.failed > 0 || s.passed+s.skipped == 0 {
		os.Exit(1)
	}
}

func (s *summary) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil {
				fmt.Fprint(s.out, line) // the go command itself speaking
			} else if e.Test == "" {
				s.pkg(e)
			} else {
				s.test(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// pkg handles what concerns a whole package.
func (s *summary) pkg(e event) {
	switch e.Action {
	case "output", "build-output":
		if e.Output != "PASS\n" && e.Output != "FAIL\n" {
			fmt.Fprint(s.out, e.Output)
		}
	case "pass", "fail":
		for id := range s.running {
			if strings.HasPrefix(id, e.Package+" ") {
				s.end(id, "fail", e.Package)
			}
		}
		if e.Action == "fail" && s.failedIn[e.Package] == 0 {
			fmt.Fprintf(s.out, "--- FAIL: %s as a whole\n", e.Package)
			s.failed++
		}
	}
}

// test handles what concerns one test or subtest.
func (s *summary) test(e event) {
	id := e.Package + " " + e.Test
	switch e.Action {
	case "run":
		s.running[id] = nil
	case "output":
		s.running[id] = append(s.running[id], e.Output)
	case "pass", "fail", "skip":
		s.end(id, e.Action, e.Package)
	}
}

func (s *summary) end(id, action, pkg string) {
	wrote := s.running[id]
	delete(s.running, id)
	switch action {
	case "pass":
		s.passed++
	case "skip":
		s.skipped++
		fmt.Fprintf(s.out, "skipped: %s:%s\n", id, reason(wrote))
	case "fail":
		s.failed++
		s.failedIn[pkg]++
		fmt.Fprintf(s.out, "FAILED: %s\n%s", id, strings.Join(wrote, ""))
	}
}

// reason is what a skipped test logged, without go test's own lines.
func reason(wrote []string) string {
	var b strings.Builder
	for _, line := range wrote {
		text := strings.TrimSpace(line)
		if text == "" || strings.HasPrefix(text, "=== ") || strings.HasPrefix(text, "--- ") {
			continue
		}
		b.WriteString(" " + text)
	}
	return b.String()
}

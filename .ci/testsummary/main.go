// Command testsummary reads the output of `go test -json` and prints what a
// person wants of it: a line for each package, everything a failed test wrote,
// why tests were skipped, and the counts. It exits 1 when anything failed.
//
// A test that was started and never ended (its package panicked or ran out of
// time) has failed; so has a package that failed without a failed test.
//
// With -allow FILE every skip that the file does not allow is a failure, too.
// With -totals FILE the counts are added to those in the file, and the sum is
// printed last.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
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
	counts
	out      io.Writer
	running  map[string][]string // package + test: what it wrote so far
	failedIn map[string]int      // package: its failed tests
	strict   bool                // a skip that is not allowed is a failure
	allowed  []allowance
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, running: map[string][]string{}, failedIn: map[string]int{}}
}

func main() {
	allow := flag.String("allow", "", "`file` of the skips that are allowed; others fail")
	totals := flag.String("totals", "", "`file` of counts to add to")
	flag.Parse()
	s := newSummary(os.Stdout)
	if err := s.run(os.Stdin, *allow, *totals); err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
		os.Exit(1)
	}
	if s.Failed > 0 || s.Passed+s.Skipped == 0 {
		os.Exit(1)
	}
}

func (s *summary) run(r io.Reader, allow, totals string) error {
	if allow != "" {
		list, err := readAllowed(allow)
		if err != nil {
			return err
		}
		s.strict, s.allowed = true, list
	}
	if err := s.read(r); err != nil {
		return fmt.Errorf("read go test's output: %w", err)
	}
	printed := s.counts
	if totals != "" {
		sum, err := s.total(totals)
		if err != nil {
			return err
		}
		if sum != s.counts {
			fmt.Fprintf(s.out, "%v in this step; in all:\n", s.counts)
		}
		printed = sum
	}
	fmt.Fprintln(s.out, printed)
	return nil
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
				s.end(id, s.left(id, e), e.Package)
			}
		}
		if e.Action == "fail" && s.failedIn[e.Package] == 0 {
			fmt.Fprintf(s.out, "--- FAIL: %s as a whole\n", e.Package)
			s.Failed++
		}
	}
}

// left is what became of a test that is still running when its package ends.
// Of a benchmark that was measured go test reports no end.
func (s *summary) left(id string, e event) string {
	if strings.HasPrefix(id, e.Package+" Benchmark") && (e.Action == "pass" || strings.Contains(strings.Join(s.running[id], ""), "ns/op")) {
		return "pass"
	}
	return "fail"
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
		s.Passed++
	case "skip":
		skip := id + ":" + reason(wrote)
		if s.strict && !allowed(s.allowed, skip) {
			s.Failed++
			s.failedIn[pkg]++
			fmt.Fprintf(s.out, "FAILED: skipped, which is not allowed: %s\n", skip)
			return
		}
		s.Skipped++
		fmt.Fprintf(s.out, "skipped: %s\n", skip)
	case "fail":
		s.Failed++
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

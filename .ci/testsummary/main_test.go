package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		name   string
		events []string
		want   counts
		prints string
	}{
		{
			name: "a pass, a failure and a skip",
			events: []string{
				`{"Action":"run","Package":"p","Test":"A"}`, `{"Action":"pass","Package":"p","Test":"A"}`,
				`{"Action":"run","Package":"p","Test":"B"}`, `{"Action":"output","Package":"p","Test":"B","Output":"    b_test.go:7: boom\n"}`, `{"Action":"fail","Package":"p","Test":"B"}`,
				`{"Action":"run","Package":"p","Test":"C"}`, `{"Action":"output","Package":"p","Test":"C","Output":"    c_test.go:9: no folder\n"}`, `{"Action":"skip","Package":"p","Test":"C"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			want:   counts{Passed: 1, Failed: 1, Skipped: 1},
			prints: "FAILED: p B\n    b_test.go:7: boom\nskipped: p C: c_test.go:9: no folder\n",
		},
		{
			name:   "a test that never ended",
			events: []string{`{"Action":"run","Package":"p","Test":"A"}`, `{"Action":"fail","Package":"p"}`},
			want:   counts{Failed: 1},
			prints: "FAILED: p A\n",
		},
		{
			name:   "a package that did not build",
			events: []string{`{"ImportPath":"p [p.test]","Action":"build-output","Output":"undefined: x\n"}`, `{"Action":"fail","Package":"p"}`},
			want:   counts{Failed: 1},
			prints: "undefined: x\n--- FAIL: p as a whole\n",
		},
		{
			name: "benchmarks, which have no end of their own",
			events: []string{
				`{"Action":"run","Package":"p","Test":"BenchmarkA"}`, `{"Action":"output","Package":"p","Test":"BenchmarkA","Output":"BenchmarkA-2\t1\t5 ns/op\n"}`,
				`{"Action":"run","Package":"p","Test":"BenchmarkB"}`, `{"Action":"output","Package":"p","Test":"BenchmarkB","Output":"    b_test.go:3: boom\n"}`, `{"Action":"fail","Package":"p","Test":"BenchmarkB"}`,
				`{"Action":"fail","Package":"p"}`,
				`{"Action":"run","Package":"q","Test":"BenchmarkGroup"}`, `{"Action":"pass","Package":"q"}`,
			},
			want:   counts{Passed: 2, Failed: 1},
			prints: "FAILED: p BenchmarkB\n    b_test.go:3: boom\n",
		},
		{
			name:   "a test that never ended in a package that passed",
			events: []string{`{"Action":"run","Package":"p","Test":"A"}`, `{"Action":"pass","Package":"p"}`},
			want:   counts{Failed: 1},
			prints: "FAILED: p A\n",
		},
		{
			name:   "a line that is not an event",
			events: []string{"go: no such module"},
			prints: "go: no such module\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			s := newSummary(&out)
			if err := s.read(strings.NewReader(strings.Join(c.events, "\n") + "\n")); err != nil {
				t.Fatal(err)
			}
			if s.counts != c.want {
				t.Errorf("counted %v; want %v", s.counts, c.want)
			}
			if out.String() != c.prints {
				t.Errorf("printed %q, want %q", out.String(), c.prints)
			}
		})
	}
}

// skips are three skipped tests and one that passed.
const skips = `{"Action":"run","Package":"p/a","Test":"A"}
{"Action":"output","Package":"p/a","Test":"A","Output":"    a_test.go:9: no folder\n"}
{"Action":"skip","Package":"p/a","Test":"A"}
{"Action":"run","Package":"p/a","Test":"B/sub"}
{"Action":"output","Package":"p/a","Test":"B/sub","Output":"    b_test.go:9: no xxhsum\n"}
{"Action":"skip","Package":"p/a","Test":"B/sub"}
{"Action":"run","Package":"p/a","Test":"C"}
{"Action":"pass","Package":"p/a","Test":"C"}
{"Action":"pass","Package":"p/a"}
`

func TestAllowedSkips(t *testing.T) {
	here := t.TempDir()
	for _, c := range []struct {
		name, list string
		want       counts
		prints     string
	}{
		{"none", "", counts{Passed: 1, Failed: 2}, "FAILED: skipped, which is not allowed: p/a A: a_test.go:9: no folder\n"},
		{"all", "# a comment\n\nalways | ^p/a A: .*no folder | it is another's\nalways | xxhsum$ | not packaged", counts{Passed: 1, Skipped: 2}, "skipped: p/a A: a_test.go:9: no folder\n"},
		{"a pattern with bars", "always | (A: .*no folder|B/sub: .*| | )$ | both", counts{Passed: 1, Skipped: 2}, "skipped: p/a B/sub"},
		{"a file that is there", "without " + here + " | A: | its folder", counts{Passed: 1, Failed: 2}, "not allowed: p/a A:"},
		{"a file that is missing", "without " + filepath.Join(here, "no") + " | A: | its folder", counts{Passed: 1, Failed: 1, Skipped: 1}, "skipped: p/a A:"},
		{"a program that is there", "without program go | A: | its program", counts{Passed: 1, Failed: 2}, "not allowed: p/a A:"},
		{"a program that is missing", "without program no-such-program | A: | its program", counts{Passed: 1, Failed: 1, Skipped: 1}, "skipped: p/a A:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := filepath.Join(t.TempDir(), "list")
			if err := os.WriteFile(list, []byte(c.list), 0o600); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			s := newSummary(&out)
			if err := s.run(strings.NewReader(skips), list, ""); err != nil {
				t.Fatal(err)
			}
			if s.counts != c.want || !strings.Contains(out.String(), c.prints) || !strings.HasSuffix(out.String(), "\n"+c.want.String()+"\n") {
				t.Errorf("counted %v, want %v; printed\n%s", s.counts, c.want, out.String())
			}
		})
	}
	for _, line := range []string{"always", "always | x", "always | x | ", "always | ( | y", "sometimes | x | y"} {
		list := filepath.Join(t.TempDir(), "list")
		if err := os.WriteFile(list, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := newSummary(new(strings.Builder)).run(strings.NewReader(skips), list, ""); err == nil {
			t.Errorf("the line %q was taken", line)
		}
	}
}

func TestTotals(t *testing.T) {
	totals := filepath.Join(t.TempDir(), "totals")
	for i, want := range []string{"1 passed, 0 failed, 2 skipped\n", "1 passed, 0 failed, 2 skipped in this step; in all:\n2 passed, 0 failed, 4 skipped\n"} {
		var out strings.Builder
		if err := newSummary(&out).run(strings.NewReader(skips), "", totals); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(out.String(), "\n"+want) {
			t.Errorf("run %d printed\n%s\nwhich does not end with\n%s", i, out.String(), want)
		}
	}
	if err := os.WriteFile(totals, []byte("no counts"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := newSummary(new(strings.Builder)).run(strings.NewReader(skips), "", totals); err == nil {
		t.Error("a damaged file of totals was taken")
	}
}

package main

import (
	"strings"
	"testing"
)

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		name                    string
		events                  []string
		passed, failed, skipped int
		prints                  string
	}{
		{
			name: "a pass, a failure and a skip",
			events: []string{
				`{"Action":"run","Package":"p","Test":"A"}`, `{"Action":"pass","Package":"p","Test":"A"}`,
				`{"Action":"run","Package":"p","Test":"B"}`, `{"Action":"output","Package":"p","Test":"B","Output":"    b_test.go:7: boom\n"}`, `{"Action":"fail","Package":"p","Test":"B"}`,
				`{"Action":"run","Package":"p","Test":"C"}`, `{"Action":"output","Package":"p","Test":"C","Output":"    c_test.go:9: no folder\n"}`, `{"Action":"skip","Package":"p","Test":"C"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			passed: 1, failed: 1, skipped: 1,
			prints: "FAILED: p B\n    b_test.go:7: boom\nskipped: p C: c_test.go:9: no folder\n",
		},
		{
			name:   "a test that never ended",
			events: []string{`{"Action":"run","Package":"p","Test":"A"}`, `{"Action":"fail","Package":"p"}`},
			failed: 1,
			prints: "FAILED: p A\n",
		},
		{
			name:   "a package that did not build",
			events: []string{`{"ImportPath":"p [p.test]","Action":"build-output","Output":"undefined: x\n"}`, `{"Action":"fail","Package":"p"}`},
			failed: 1,
			prints: "undefined: x\n--- FAIL: p as a whole\n",
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
			if s.passed != c.passed || s.failed != c.failed || s.skipped != c.skipped {
				t.Errorf("counted %d passed, %d failed, %d skipped; want %d, %d, %d", s.passed, s.failed, s.skipped, c.passed, c.failed, c.skipped)
			}
			if out.String() != c.prints {
				t.Errorf("printed %q, want %q", out.String(), c.prints)
			}
		})
	}
}

package manifests

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
)

func TestSpoolGivesBackTheRecords(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, n := range []int{0, 1, spoolChunk - 1, spoolChunk, spoolChunk + 1, 3*spoolChunk + 7} {
		m := large(n)
		for i := range m.Records {
			m.Records[i].Split = []string{"", "train", "test"}[i%3]
		}
		// Parts of odd sizes, whose memory is used again.
		var buf []Record
		parts := func(yield func([]Record, error) bool) {
			for rest := m.Records; len(rest) > 0; {
				k := min(len(rest), 100)
				buf = append(buf[:0], rest[:k]...)
				if !yield(buf, nil) {
					return
				}
				rest = rest[k:]
			}
		}
		s, err := NewSpool(m, parts)
		if err != nil {
			t.Fatal(err)
		}
		clear(buf)
		if s.Len() != n || s.Hash() != m.Hash() || s.Head().Records != nil {
			t.Errorf("%d records: spool of %d, hash %s, want %s", n, s.Len(), s.Hash(), m.Hash())
		}
		if want := []string{"", "test", "train"}; n > 2 && !reflect.DeepEqual(s.Splits(), want) {
			t.Errorf("splits %q, want %q", s.Splits(), want)
		}
		var all sync.WaitGroup
		for first := 0; first <= n; first += 61 {
			all.Go(func() {
				for _, k := range []int{0, 1, 2, spoolChunk, n - first} {
					if k > n-first {
						continue
					}
					got, err := s.Range(first, k)
					if err != nil {
						t.Errorf("records %d to %d of %d: %v", first, first+k, n, err)
						return
					}
					want := *m
					want.Records = m.Records[first : first+k : first+k]
					if len(got.Records) != k || k > 0 && !reflect.DeepEqual(got, &want) {
						t.Errorf("records %d to %d of %d differ from those of the manifest", first, first+k, n)
					}
				}
			})
		}
		all.Wait()
		for _, r := range [][2]int{{-1, 1}, {0, n + 1}, {n, 1}, {0, -1}} {
			if _, err := s.Range(r[0], r[1]); err == nil {
				t.Errorf("range %v of %d records was given", r, n)
			}
		}
		if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
			t.Errorf("files in the temporary folder: %v, %v", left, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSpoolTellsWhatFailed(t *testing.T) {
	broken := errors.New("the disk fell off")
	_, err := NewSpool(large(1), func(yield func([]Record, error) bool) { yield(nil, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	t.Setenv("TMPDIR", t.TempDir()+"/gone")
	if _, err := large(1).Spool(); err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("got %v, want advice", err)
	}
}

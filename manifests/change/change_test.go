package change_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"padapter/manifests"
	"padapter/manifests/change"
)

// made is a valid manifest of n records in three classes, with groups of up to four records of one class.
func made(n int) *manifests.Manifest {
	m := &manifests.Manifest{Dataset: "made", Classes: []string{"run", "sit", "2"}, Root: "clips", Source: "test"}
	for i := range n {
		label := int32(i / 4 % 3)
		m.Records = append(m.Records, manifests.Record{
			ID: fmt.Sprintf("%s/%04d", m.Classes[label], i), URI: fmt.Sprintf("%s/#%d [a]!.avi", m.Classes[label], i), Kind: manifests.Video,
			Label: label, LabelName: m.Classes[label], Split: []string{"train", "val"}[i%2], Status: manifests.Found,
			Group: fmt.Sprint("g", i/4), Facts: manifests.Facts{Frames: int64(i), FPS: 25, Width: 320, Height: 240, Codec: "h264"},
		})
	}
	return m
}

func ids(m *manifests.Manifest) []string {
	out := make([]string, len(m.Records))
	for i := range m.Records {
		out[i] = m.Records[i].ID
	}
	return out
}

// shuffled is m with its records in another order.
func shuffled(m *manifests.Manifest) *manifests.Manifest {
	out := *m
	out.Records = slices.Clone(m.Records)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(out.Records), func(i, j int) { out.Records[i], out.Records[j] = out.Records[j], out.Records[i] })
	return &out
}

// unchanged fails the test when do changes m.
func unchanged(t *testing.T, m *manifests.Manifest, do func()) {
	t.Helper()
	before := *m
	before.Records, before.Classes = slices.Clone(m.Records), slices.Clone(m.Classes)
	do()
	if !reflect.DeepEqual(&before, m) {
		t.Error("the argument was changed")
	}
}

// cut is records in parts of n.
func cut(records []manifests.Record, n int) manifests.Parts {
	return func(yield func([]manifests.Record, error) bool) {
		for part := range slices.Chunk(slices.Clone(records), n) {
			if !yield(part, nil) {
				return
			}
		}
	}
}

// filtered filters a manifest that comes in one part.
func filtered(m *manifests.Manifest, match change.Match) (*manifests.Manifest, error) {
	return filteredBy(m, len(m.Records), match)
}

// filteredBy filters a manifest that comes in parts of n.
func filteredBy(m *manifests.Manifest, n int, match change.Match) (*manifests.Manifest, error) {
	parts, err := change.Filter(m, cut(m.Records, n), match)
	if err != nil {
		return nil, err
	}
	out := *m
	out.Records = []manifests.Record{}
	for part, err := range parts {
		if err != nil {
			return nil, err
		}
		out.Records = append(out.Records, part...)
	}
	return &out, nil
}

// compared compares two manifests, of which the second comes in one part.
func compared(t *testing.T, a, b *manifests.Manifest) *change.Difference {
	t.Helper()
	d, err := change.Diff(a, b, cut(b.Records, max(1, len(b.Records))))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFilter(t *testing.T) {
	m := made(48)
	m.Records[3].Status, m.Records[3].Reason = manifests.Missing, "gone"
	m.Records[5].Label, m.Records[5].LabelName, m.Records[5].Kind, m.Records[5].Split = manifests.NoLabel, "", manifests.Image, ""
	m.Records[7].Facts = manifests.Facts{}
	tests := []struct {
		name  string
		match change.Match
		want  func(i int, r *manifests.Record) bool
	}{
		{"all", change.Match{}, func(int, *manifests.Record) bool { return true }},
		{"split", change.Match{Splits: []string{"val"}}, func(_ int, r *manifests.Record) bool { return r.Split == "val" }},
		{"no split", change.Match{Splits: []string{""}}, func(i int, _ *manifests.Record) bool { return i == 5 }},
		{"label by name", change.Match{Labels: []string{"sit"}}, func(_ int, r *manifests.Record) bool { return r.Label == 1 }},
		{"label by number", change.Match{Labels: []string{"0", "1"}}, func(_ int, r *manifests.Record) bool { return r.Label == 0 || r.Label == 1 }},
		{"a name that is a number", change.Match{Labels: []string{"2"}}, func(_ int, r *manifests.Record) bool { return r.Label == 2 }},
		{"no label", change.Match{Labels: []string{""}}, func(i int, _ *manifests.Record) bool { return i == 5 }},
		{"kind", change.Match{Kinds: []manifests.Kind{manifests.Image}}, func(i int, _ *manifests.Record) bool { return i == 5 }},
		{"status", change.Match{Statuses: []manifests.Status{manifests.Missing, manifests.Rejected}}, func(i int, _ *manifests.Record) bool { return i == 3 }},
		{"id pattern", change.Match{IDs: []string{"run/*1"}}, func(_ int, r *manifests.Record) bool {
			return strings.HasPrefix(r.ID, "run/") && strings.HasSuffix(r.ID, "1")
		}},
		{"uri pattern with brackets", change.Match{URIs: []string{"*#? [a]!*"}}, func(i int, _ *manifests.Record) bool { return i < 10 }},
		{"frames", change.Match{Facts: map[string]change.Range{"frames": {Min: 6, Max: 9}}}, func(i int, _ *manifests.Record) bool { return i >= 6 && i <= 9 && i != 7 }},
		{"two conditions", change.Match{Splits: []string{"val"}, Facts: map[string]change.Range{"frames": {Min: 6, Max: 9}}}, func(i int, _ *manifests.Record) bool { return i == 9 }},
		{"inverted", change.Match{Splits: []string{"val"}, Invert: true}, func(_ int, r *manifests.Record) bool { return r.Split != "val" }},
		{"codec", change.Match{Codecs: []string{"vp9"}}, func(int, *manifests.Record) bool { return false }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			for i := range m.Records {
				if tt.want(i, &m.Records[i]) {
					want = append(want, m.Records[i].ID)
				}
			}
			unchanged(t, m, func() {
				got, err := filtered(m, tt.match)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(ids(got), want) {
					t.Errorf("got %q, want %q", ids(got), want)
				}
				if err := got.Validate(); err != nil {
					t.Error(err)
				}
			})
		})
	}
	for name, match := range map[string]change.Match{
		`"jump"`: {Labels: []string{"jump"}}, `"3"`: {Labels: []string{"3"}}, `kind "film"`: {Kinds: []manifests.Kind{"film"}},
		`status "lost"`: {Statuses: []manifests.Status{"lost"}}, `fact "size"`: {Facts: map[string]change.Range{"size": {}}},
	} {
		if _, err := filtered(m, match); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error with %s", err, name)
		}
	}
}

func TestParseRange(t *testing.T) {
	for text, want := range map[string]string{"16:64": "{16 64}", "16:": "{16 +Inf}", ":1.5": "{-Inf 1.5}", "25": "{25 25}", "": "", ":": "", "x": "", "5:4": "", "1:2:3": "", "NaN": ""} {
		r, err := change.ParseRange(text)
		if got := fmt.Sprint(r); (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("%q: got %s, %v, want %s", text, got, err, want)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("a*b?c", "aXXbYc")
	f.Add("**", "")
	f.Add("*.avi", "class/#20 (x)!.avi")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		m := &manifests.Manifest{Records: []manifests.Record{{ID: s, URI: "x"}}}
		got, err := filtered(m, change.Match{IDs: []string{pattern}})
		if err != nil {
			t.Fatal(err)
		}
		if want := slowMatch([]rune(pattern), []rune(s)); (len(got.Records) == 1) != want {
			t.Errorf("pattern %q on %q: want %t", pattern, s, want)
		}
	})
}

// slowMatch says the same as the package's pattern matching, by its definition.
func slowMatch(p, s []rune) bool {
	ends := map[int]bool{0: true} // where the pattern so far can end in s
	for _, c := range p {
		next := map[int]bool{}
		for i := range ends {
			switch {
			case c == '*':
				for j := i; j <= len(s); j++ {
					next[j] = true
				}
			case i < len(s) && (c == '?' || c == s[i]):
				next[i+1] = true
			}
		}
		ends = next
	}
	return ends[len(s)]
}

func TestSample(t *testing.T) {
	m := made(120)
	for _, opt := range []change.SampleOptions{{N: 7}, {N: 7, Seed: 1}, {Fraction: 0.25}, {N: 3, PerClass: true}, {Fraction: 0.1, PerClass: true, Seed: 5}, {N: 1000}, {N: 1000, PerClass: true}} {
		got, err := change.Sample(m, opt)
		if err != nil {
			t.Fatal(err)
		}
		again, err := change.Sample(shuffled(m), opt)
		if err != nil {
			t.Fatal(err)
		}
		a, b := ids(got), ids(again)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%+v: the order of the records changes the outcome", opt)
		}
		want := map[change.SampleOptions]int{{N: 7}: 7, {N: 7, Seed: 1}: 7, {Fraction: 0.25}: 30, {N: 3, PerClass: true}: 9, {Fraction: 0.1, PerClass: true, Seed: 5}: 12}[opt]
		if want == 0 {
			want = 120
		}
		if len(a) != want {
			t.Errorf("%+v: %d records, want %d", opt, len(a), want)
		}
		if opt.PerClass {
			counts := map[int32]int{}
			for _, r := range got.Records {
				counts[r.Label]++
			}
			if len(counts) != 3 || counts[0] != counts[1] || counts[1] != counts[2] {
				t.Errorf("%+v: classes have %v records", opt, counts)
			}
		}
	}
	small, errA := change.Sample(m, change.SampleOptions{N: 5, Seed: 3})
	large, errB := change.Sample(m, change.SampleOptions{N: 50, Seed: 3})
	other, errC := change.Sample(m, change.SampleOptions{N: 5, Seed: 4})
	if errA != nil || errB != nil || errC != nil {
		t.Fatal(errA, errB, errC)
	}
	for _, id := range ids(small) {
		if !slices.Contains(ids(large), id) {
			t.Errorf("%s is in the sample of 5 and not in that of 50", id)
		}
	}
	if slices.Equal(ids(small), ids(other)) {
		t.Error("another seed gives the same sample")
	}
	for _, opt := range []change.SampleOptions{{}, {N: -1}, {Fraction: 1.5}, {N: 1, Fraction: 0.5}} {
		if _, err := change.Sample(m, opt); err == nil {
			t.Errorf("%+v was taken", opt)
		}
	}
}

func TestDiff(t *testing.T) {
	a := made(20)
	if d := compared(t, a, made(20)); !d.Empty() {
		t.Errorf("equal manifests differ: %+v", d)
	}
	b := made(22)
	b.Records = append(b.Records[:4], b.Records[5:]...)
	b.Records[10].Label, b.Records[10].LabelName = 1, "sit"
	b.Records[11].Extra = map[string]string{"k": "v"}
	b.Classes = append(b.Classes, "jump")
	d := compared(t, a, b)
	want := &change.Difference{
		Added: []string{"2/0020", "2/0021"}, Removed: []string{"sit/0004"},
		Changed: []change.Changed{
			{ID: "2/0011", Fields: []manifests.FieldChange{{Field: "label", From: "2", To: "1"}, {Field: "label_name", From: "2", To: "sit"}}},
			{ID: "run/0012", Fields: []manifests.FieldChange{{Field: "extra", To: `{"k":"v"}`}}},
		},
		Header: []manifests.FieldChange{{Field: "classes", From: "run, sit, 2", To: "run, sit, 2, jump"}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
	if d := compared(t, a, shuffled(a)); d.Empty() || !d.Reordered || len(d.Changed) > 0 {
		t.Errorf("another order: %+v", d)
	}
}

// However the second manifest is cut into parts, and whatever its order, the difference is that of the whole.
func TestDiffParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for round := range 60 {
		a, b := made(40), made(44)
		b.Records = slices.Delete(b.Records, 5, 5+rng.IntN(9))
		if round%2 == 1 {
			b = shuffled(b)
		}
		for range rng.IntN(5) {
			b.Records[rng.IntN(len(b.Records))].Group += "x"
		}
		rows := map[string]int{}
		for i := range a.Records {
			rows[a.Records[i].ID] = i
		}
		var added, changed, removed []string
		for _, r := range b.Records {
			if row, ok := rows[r.ID]; !ok {
				added = append(added, r.ID)
			} else if delete(rows, r.ID); !reflect.DeepEqual(a.Records[row], r) {
				changed = append(changed, r.ID)
			}
		}
		for _, r := range a.Records {
			if _, left := rows[r.ID]; left {
				removed = append(removed, r.ID)
			}
		}
		head := *b
		head.Records = nil
		got, err := change.Diff(a, &head, func(yield func([]manifests.Record, error) bool) {
			for part := range slices.Chunk(b.Records, 1+rng.IntN(20)) {
				part = slices.Clone(part)
				if !yield(part, nil) {
					return
				}
				clear(part)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, c := range got.Changed {
			found = append(found, c.ID)
		}
		if want := compared(t, a, b); !reflect.DeepEqual(got, want) || !slices.Equal(got.Added, added) || !slices.Equal(got.Removed, removed) || !slices.Equal(found, changed) || got.Reordered != (round%2 == 1) {
			t.Errorf("round %d: got %+v\nwhole %+v\nadded %q, removed %q, changed %q", round, got, want, added, removed, changed)
		}
	}
	broken := errors.New("broken")
	if _, err := change.Diff(made(4), made(4), func(yield func([]manifests.Record, error) bool) { yield(nil, broken) }); err != broken {
		t.Errorf("a broken manifest gives %v", err)
	}
}

func TestFilterParts(t *testing.T) {
	m := made(50)
	for _, match := range []change.Match{{}, {Splits: []string{"val"}}, {Splits: []string{"val"}, Invert: true}, {Labels: []string{"sit"}}} {
		want, err := filtered(m, match)
		if err != nil {
			t.Fatal(err)
		}
		got, err := filteredBy(m, 7, match)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v keeps %d records part by part, %d of the whole", match, len(got.Records), len(want.Records))
		}
	}
	if _, err := change.Filter(m, nil, change.Match{Labels: []string{"fly"}}); err == nil {
		t.Error("a class that is not there was taken")
	}
}

package change_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"padapter/manifests"
	"padapter/manifests/change"
)

func TestSplitKeepsGroupsTogether(t *testing.T) {
	m := made(1200)
	for i := 100; i < 140; i++ { // one group as large as all of ten others
		m.Records[i].Group = "big"
	}
	m.Records[3].Facts.SHA256, m.Records[900].Facts.SHA256 = "same bytes", "same bytes"
	m.Records[7].Dataset = "another" // g1 there is not g1 here
	opt := change.SplitOptions{Parts: []change.Part{{"train", 8}, {"val", 1}, {"test", 1}}, Seed: 11}
	var got *manifests.Manifest
	unchanged(t, m, func() {
		var err error
		if got, err = change.Split(m, opt); err != nil {
			t.Fatal(err)
		}
	})
	splits := map[string]string{}
	counts := map[string]map[int32]int{"train": {}, "val": {}, "test": {}}
	for i := range got.Records {
		r := &got.Records[i]
		if counts[r.Split] == nil {
			t.Fatalf("record %s is in split %q", r.ID, r.Split)
		}
		counts[r.Split][r.Label]++
		key := r.Dataset + "/" + r.Group
		if before, ok := splits[key]; ok && before != r.Split {
			t.Errorf("group %s is in %s and in %s", key, before, r.Split)
		}
		splits[key] = r.Split
	}
	if a, b := got.Records[3].Split, got.Records[900].Split; a != b {
		t.Errorf("the same bytes are in %s and in %s", a, b)
	}
	for split, share := range map[string]float64{"train": 0.8, "val": 0.1, "test": 0.1} {
		for class, n := range counts[split] {
			if want := 400 * share; math.Abs(float64(n)-want) > 16 { // 40 records of the big group are of three classes
				t.Errorf("%s has %d records of class %d, want about %g", split, n, class, want)
			}
		}
	}
	again, err := change.Split(shuffled(m), opt)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]string{}
	for i := range again.Records {
		byID[again.Records[i].ID] = again.Records[i].Split
	}
	for i := range got.Records {
		if r := &got.Records[i]; byID[r.ID] != r.Split {
			t.Fatalf("%s is in %s, and in %s when the records stand in another order", r.ID, r.Split, byID[r.ID])
		}
	}
	opt.Seed++
	other, err := change.Split(m, opt)
	if err != nil {
		t.Fatal(err)
	}
	if d := compared(t, got, other); len(d.Changed) < 50 {
		t.Errorf("another seed moves %d records", len(d.Changed))
	}
}

// Without groups every class is dealt out to within two records of its share, and the whole to within one.
func TestSplitShares(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		m := &manifests.Manifest{}
		classes := 1 + rng.IntN(30)
		for i := range 20 + rng.IntN(300) {
			m.Records = append(m.Records, manifests.Record{ID: fmt.Sprint(i), URI: "x", Label: int32(rng.IntN(classes)), Kind: manifests.Video, Status: manifests.Found})
		}
		parts := []change.Part{{"train", 0.7}, {"val", 0.2}, {"test", 0.1}}
		got, err := change.Split(m, change.SplitOptions{Parts: parts, Seed: rng.Uint64()})
		if err != nil {
			t.Fatal(err)
		}
		counts, totals, sizes := map[change.Part]map[int32]int{}, map[string]int{}, map[int32]int{}
		for i := range got.Records {
			r := &got.Records[i]
			key := change.Part{Name: r.Split}
			if counts[key] == nil {
				counts[key] = map[int32]int{}
			}
			counts[key][r.Label]++
			totals[r.Split]++
			sizes[r.Label]++
		}
		for _, p := range parts {
			if off := math.Abs(float64(totals[p.Name]) - p.Share*float64(len(m.Records))); off > 1 {
				t.Errorf("%s has %d of %d records", p.Name, totals[p.Name], len(m.Records))
			}
			for class, size := range sizes {
				if n := counts[change.Part{Name: p.Name}][class]; math.Abs(float64(n)-p.Share*float64(size)) > 2 {
					t.Errorf("%s has %d of the %d records of class %d", p.Name, n, size, class)
				}
			}
		}
	}
}

func TestSplitOfOneSplit(t *testing.T) {
	m := made(400)
	got, err := change.Split(m, change.SplitOptions{Parts: []change.Part{{"train", 9}, {"dev", 1}}, Of: []string{"train"}})
	if err != nil {
		t.Fatal(err)
	}
	dev := 0
	for i := range got.Records {
		was, is := m.Records[i].Split, got.Records[i].Split
		if was == "val" && is != "val" || was == "train" && is != "train" && is != "dev" {
			t.Errorf("%s went from %s to %s", got.Records[i].ID, was, is)
		}
		if is == "dev" {
			dev++
		}
	}
	if dev < 17 || dev > 23 {
		t.Errorf("dev has %d records of 200, want about 20", dev)
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, parts := range [][]change.Part{nil, {{"a", 0}}, {{"a", -1}, {"b", 2}}, {{"", 1}}, {{"a", 1}, {"a", 1}}, {{"a", math.NaN()}}, {{"a", math.Inf(1)}}} {
		if _, err := change.Split(made(4), change.SplitOptions{Parts: parts}); err == nil {
			t.Errorf("%v was taken", parts)
		}
	}
}

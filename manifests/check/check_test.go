package check_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"padapter/manifests"
	"padapter/manifests/check"
	"padapter/manifests/recipe"
)

// healthy is a manifest of three classes with ten clips each in train and five in val, all probed.
func healthy() *manifests.Manifest {
	m := &manifests.Manifest{Dataset: "healthy", Classes: []string{"run", "sit", "stand"}}
	for i := range 45 {
		split := "train"
		if i >= 30 {
			split = "val"
		}
		label := int32(i % 3)
		m.Records = append(m.Records, manifests.Record{
			ID: fmt.Sprint("clip ", i), URI: fmt.Sprintf("%d.avi", i), Kind: manifests.Video, Label: label, LabelName: m.Classes[label], Split: split,
			Group: fmt.Sprint("g", i/15), Status: manifests.Found,
			Facts: manifests.Facts{Frames: 75, FPS: 25, DurationSeconds: 3, Width: 320, Height: 240, Bytes: 1000, SHA256: fmt.Sprintf("%064d", i)},
		})
	}
	return m
}

// unnamed takes the class names away.
func unnamed(m *manifests.Manifest) {
	m.Classes = nil
	for i := range m.Records {
		m.Records[i].LabelName = ""
	}
}

func TestHealthy(t *testing.T) {
	r := check.Run(healthy(), check.Options{Official: []check.Count{{"classes", 3, 3}}})
	want := &check.Report{
		Records: 45, Found: 45, Probed: 45,
		Findings: []check.Finding{{Severity: check.Note, Check: "official", Message: "all numbers are the official ones", Count: 1}},
		Balance: []check.Balance{
			{Split: "train", Found: 30, Classes: 3, Least: 10, Median: 10, Most: 10, Smallest: "0 run", Largest: "0 run"},
			{Split: "val", Found: 15, Classes: 3, Least: 5, Median: 5, Most: 5, Smallest: "0 run", Largest: "0 run"},
		},
	}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
}

func TestFindings(t *testing.T) {
	clip := &recipe.Clip{Frames: 16, Stride: 4, Temporal: "dense", ShortSide: 224}
	each := func(m *manifests.Manifest, do func(i int, r *manifests.Record)) {
		for i := range m.Records {
			do(i, &m.Records[i])
		}
	}
	tests := []struct {
		name     string
		change   func(m *manifests.Manifest)
		opt      check.Options
		severity check.Severity
		check    string
		message  string
		count    int
		example  string
	}{
		{name: "labels from 1, classes known", change: func(m *manifests.Manifest) {
			each(m, func(_ int, r *manifests.Record) { r.Label, r.LabelName = r.Label+1, "" })
		}, severity: check.Error, check: "label base", message: "labels count from 1", count: 15},
		{name: "labels from 1, classes unknown", change: func(m *manifests.Manifest) {
			unnamed(m)
			each(m, func(_ int, r *manifests.Record) { r.Label++ })
		}, severity: check.Error, check: "label base", message: "every class from 1 to 3 has records", count: 15},
		{name: "one split from 1", change: func(m *manifests.Manifest) {
			unnamed(m)
			each(m, func(i int, r *manifests.Record) {
				if i >= 30 {
					r.Label++
				}
			})
		}, severity: check.Error, check: "label base", message: "split val counts labels from 1", count: 5},
		{name: "label out of range", change: func(m *manifests.Manifest) { m.Records[4].Label = 7 },
			severity: check.Error, check: "valid", message: "breaks its own rules", count: 1, example: "label 7"},
		{name: "two names of one label", change: func(m *manifests.Manifest) {
			m.Classes = nil
			m.Records[4].LabelName = "walk"
		}, severity: check.Error, check: "label names", message: "contradict", count: 1, example: `label 1 is "sit" and "walk"`},
		{name: "two labels of one name", change: func(m *manifests.Manifest) {
			m.Classes = nil
			m.Records[4].Label = 9
		}, severity: check.Error, check: "label names", message: "contradict", count: 1, example: `"sit" is label 1 and 9`},
		{name: "spellings", change: func(m *manifests.Manifest) { m.Classes = append(m.Classes, "Stand_") },
			severity: check.Warning, check: "label names", message: "two spellings", count: 1, example: `["stand" "Stand_"]`},
		{name: "class without clips", change: func(m *manifests.Manifest) { m.Classes = append(m.Classes, "jump") },
			severity: check.Warning, check: "empty classes", message: "no clip that is there", count: 1, example: "3 jump"},
		{name: "class not in train", change: func(m *manifests.Manifest) {
			each(m, func(i int, r *manifests.Record) {
				if i < 30 && r.Label == 1 {
					r.Status, r.Reason = manifests.Missing, "no such file"
				}
			})
		}, severity: check.Error, check: "empty classes", message: "cannot be learned", count: 1, example: "1 sit"},
		{name: "class not in val", change: func(m *manifests.Manifest) {
			each(m, func(i int, r *manifests.Record) {
				if i >= 30 && r.Label == 2 {
					r.Split = "train"
				}
			})
		}, severity: check.Warning, check: "empty classes", message: "none in val", count: 1, example: "2 stand"},
		{name: "missing", change: func(m *manifests.Manifest) {
			m.Records[3].Status, m.Records[3].Reason = manifests.Missing, "no such file"
		}, severity: check.Warning, check: "status", message: "are missing", count: 1, example: "clip 3: no such file"},
		{name: "nothing there", change: func(m *manifests.Manifest) {
			each(m, func(_ int, r *manifests.Record) { r.Status, r.Reason = manifests.Rejected, "bad" })
		}, severity: check.Error, check: "status", message: "no record's file is there", count: 45},
		{name: "no records", change: func(m *manifests.Manifest) { m.Records = nil }, severity: check.Error, check: "status", message: "no records", count: 0},
		{name: "imbalance", change: func(m *manifests.Manifest) {
			for i := 3; i < 30; i += 3 {
				m.Records[i].Label, m.Records[i].LabelName = 1, "sit"
			}
		}, severity: check.Warning, check: "balance", message: "1 sit has 19 clips, 0 run has 1", count: 3},
		{name: "no split", change: func(m *manifests.Manifest) { m.Records[0].Split = "" }, severity: check.Warning, check: "splits", message: "in no split", count: 1, example: "clip 0"},
		{name: "torn group", change: func(m *manifests.Manifest) { m.Records[40].Group = "g0" },
			severity: check.Error, check: "groups", message: "both sides", count: 1, example: "g0: clip 0 is in train, clip 40 in val"},
		{name: "content on both sides", change: func(m *manifests.Manifest) { m.Records[42].Facts.SHA256 = m.Records[0].Facts.SHA256 },
			severity: check.Error, check: "duplicates", message: "the same clip is in another", count: 1, example: "clip 0 in train and clip 42 in val"},
		{name: "content in a split twice", change: func(m *manifests.Manifest) { m.Records[3].Facts.SHA256 = m.Records[0].Facts.SHA256 },
			severity: check.Warning, check: "duplicates", message: "twice", count: 1, example: "clip 0 and clip 3"},
		{name: "content with two labels", change: func(m *manifests.Manifest) { m.Records[4].Facts.SHA256 = m.Records[0].Facts.SHA256 },
			severity: check.Error, check: "duplicates", message: "different labels", count: 1, example: "clip 0 is 0 run, clip 4 is 1 sit"},
		{name: "the same path, not probed", change: func(m *manifests.Manifest) {
			each(m, func(_ int, r *manifests.Record) { r.Facts = manifests.Facts{} })
			m.Records[42].URI = m.Records[0].URI
		}, severity: check.Error, check: "duplicates", message: "the same clip is in another", count: 1, example: "clip 0 in train and clip 42 in val"},
		{name: "parts of a file on both sides", change: func(m *manifests.Manifest) {
			m.Records[42].Facts.SHA256, m.Records[42].StartSeconds = m.Records[0].Facts.SHA256, 2
		}, severity: check.Warning, check: "duplicates", message: "other parts", count: 1},
		{name: "not probed", change: func(m *manifests.Manifest) { m.Records[1].Facts = manifests.Facts{} }, severity: check.Note, check: "probe", message: "have not been probed", count: 1},
		{name: "start after the end", change: func(m *manifests.Manifest) { m.Records[1].StartSeconds = 3 }, severity: check.Error, check: "times", message: "start after", count: 1, example: "clip 1: 3 to 0 of 3 s"},
		{name: "end after the end", change: func(m *manifests.Manifest) { m.Records[1].EndSeconds = 10 }, severity: check.Warning, check: "times", message: "end more than 1 s after", count: 1},
		{name: "too short", change: func(m *manifests.Manifest) { m.Records[1].Facts.Frames = 60 }, opt: check.Options{Clip: clip},
			severity: check.Warning, check: "recipe", message: "fewer frames than the 61", count: 1, example: "clip 1: 60"},
		{name: "part too short", change: func(m *manifests.Manifest) { m.Records[1].StartSeconds, m.Records[1].EndSeconds = 0.5, 2.5 }, opt: check.Options{Clip: clip},
			severity: check.Warning, check: "recipe", message: "fewer frames", count: 1, example: "clip 1: 51"},
		{name: "too small", change: func(m *manifests.Manifest) { m.Records[1].Facts.Height = 120 }, opt: check.Options{Clip: clip},
			severity: check.Warning, check: "recipe", message: "shorter side than the recipe's 224", count: 1, example: "clip 1: 320×120"},
		{name: "official", change: func(*manifests.Manifest) {}, opt: check.Options{Official: []check.Count{{"classes", 3, 3}, {"train annotated", 30, 31}}},
			severity: check.Warning, check: "official", message: "not the official", count: 1, example: "train annotated: 30, officially 31"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := healthy()
			if r := check.Run(m, tt.opt); tt.name != "official" && r.Errors+r.Warnings > 0 {
				t.Fatalf("findings before the change: %+v", r.Findings)
			}
			tt.change(m)
			r := check.Run(m, tt.opt)
			i := slices.IndexFunc(r.Findings, func(f check.Finding) bool {
				return f.Severity == tt.severity && f.Check == tt.check && strings.Contains(f.Message, tt.message)
			})
			if i < 0 {
				t.Fatalf("not found in %+v", r.Findings)
			}
			f := r.Findings[i]
			if f.Count != tt.count || tt.example != "" && !slices.ContainsFunc(f.Examples, func(e string) bool { return strings.Contains(e, tt.example) }) {
				t.Errorf("got %+v, want %d with %q", f, tt.count, tt.example)
			}
			errors, warnings := 0, 0
			for _, f := range r.Findings {
				switch f.Severity {
				case check.Error:
					errors++
				case check.Warning:
					warnings++
				}
			}
			ranks := map[check.Severity]int{check.Error: 0, check.Warning: 1, check.Note: 2}
			inOrder := slices.IsSortedFunc(r.Findings, func(a, b check.Finding) int { return ranks[a.Severity] - ranks[b.Severity] })
			if errors != r.Errors || warnings != r.Warnings || !inOrder {
				t.Errorf("%d errors and %d warnings are counted in %+v", r.Errors, r.Warnings, r.Findings)
			}
		})
	}
}

// Manifests that start from anything are checked without harm.
func TestOddLabels(t *testing.T) {
	m := healthy()
	unnamed(m)
	m.Records[0].Label = 1<<31 - 1
	m.Records[1].Label = -5
	r := check.Run(m, check.Options{})
	if r.Errors == 0 {
		t.Errorf("got %+v", r.Findings)
	}
}

func TestExamplesAreFew(t *testing.T) {
	m := healthy()
	for i := range m.Records {
		m.Records[i].Facts.SHA256 = "one and the same"
	}
	for _, f := range check.Run(m, check.Options{}).Findings {
		if len(f.Examples) > 5 || f.Count < len(f.Examples) {
			t.Errorf("%d examples of %d in %q", len(f.Examples), f.Count, f.Message)
		}
	}
}

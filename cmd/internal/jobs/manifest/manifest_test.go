package manifest_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/jobstest"
	"padapter/cmd/internal/jobs/manifest"
	"padapter/manifests/change"
)

// TestChangesAndWhatTheySay takes a manifest of 16 training, 8 validation and 8 test clips through every change.
func TestChangesAndWhatTheySay(t *testing.T) {
	from := jobstest.Clips(t)
	at := func(name string) manifest.Output {
		return manifest.Output{Path: filepath.Join(t.TempDir(), name), Tool: "test 1"}
	}
	small, other, merged, dealt, sample := at("small.csv"), at("other.jsonl"), at("merged.parquet"), at("dealt.parquet"), at("sample.parquet")
	check := func(report *manifest.ChangeReport, err error) func(out manifest.Output, records, of int) {
		t.Helper()
		return func(out manifest.Output, records, of int) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			m := jobstest.Read(t, out.Path)
			if report.Records != records || report.Of != of || len(m.Records) != records || m.Tool != "test 1" || !strings.Contains(report.Text(), out.Path) {
				t.Errorf("%s: %+v, %d records by %s", out.Path, report, len(m.Records), m.Tool)
			}
		}
	}
	check(manifest.Filter(from, change.Match{Splits: []string{"train"}}, small))(small, 16, 32)
	check(manifest.Filter(from, change.Match{Splits: []string{"train"}, Invert: true}, other))(other, 16, 32)
	check(manifest.Merge([]string{small.Path, other.Path}, change.MergeOptions{}, merged))(merged, 32, 32)
	check(manifest.Split(from, change.SplitOptions{Of: []string{"train"}, Parts: []change.Part{{Name: "a", Share: 1}, {Name: "b", Share: 1}}}, dealt))(dealt, 32, 32)
	check(manifest.Sample(from, change.SampleOptions{N: 5}, sample))(sample, 5, 32)
	stats, err := manifest.Count(dealt.Path)
	if err != nil || stats.Splits["a"] != 8 || stats.Splits["b"] != 8 || stats.Splits["train"] != 0 || !strings.Contains(stats.Text(), "split a: 8") {
		t.Errorf("%+v (%v)", stats, err)
	}
	if d, err := manifest.Diff(from, dealt.Path); err != nil || len(d.Changed) != 16 || !strings.Contains(d.Text(3), "and 13 more") {
		t.Errorf("%+v (%v)", d, err)
	}
	if shown, err := manifest.Show(from, 2); err != nil || len(shown.Records) != 2 || !strings.HasSuffix(shown.Text(), "and 30 more\n") {
		t.Errorf("%+v (%v)", shown, err)
	}
	found, err := manifest.Doctor(from, "")
	if err != nil || found.Records != 32 || found.Err() != nil {
		t.Errorf("%+v (%v)", found, err)
	}
}

func TestWhatCannotBeChanged(t *testing.T) {
	from := jobstest.Clips(t)
	out := manifest.Output{Path: filepath.Join(t.TempDir(), "out.parquet")}
	for name, c := range map[string]struct {
		try  func() error
		want string
	}{
		"name": {func() error {
			_, err := manifest.Sample(from, change.SampleOptions{N: 1}, manifest.Output{Path: "x.txt"})
			return err
		}, ".parquet, .csv or .jsonl"},
		"split": {func() error {
			_, err := manifest.Split(from, change.SplitOptions{Of: []string{"none"}}, out)
			return err
		}, `"test", "train", "val"`},
		"sample": {func() error { _, err := manifest.Sample(from, change.SampleOptions{}, out); return err }, ""},
	} {
		var usage jobs.UsageError
		if err := c.try(); !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package inputs

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"padapter/cmd/internal/jobs"
	"padapter/manifests"
)

func withSplits(names ...string) *manifests.Manifest {
	man := &manifests.Manifest{Root: "clips"}
	for i, name := range names {
		id := string(rune('a' + i))
		man.Records = append(man.Records, manifests.Record{ID: id, URI: id + ".avi", Split: name})
	}
	return man
}

func TestSplitIsChosenByUse(t *testing.T) {
	for _, c := range []struct {
		name   string
		have   []string
		use    Use
		split  string
		want   string // ids of the records taken
		reason string // part of the error; empty for none
	}{
		{"no splits", []string{"", ""}, ForTraining, "", "ab", ""},
		{"train of three", []string{"train", "val", "test"}, ForTraining, "", "a", ""},
		{"val of three", []string{"train", "val", "test"}, ForValidation, "", "b", ""},
		{"test of three", []string{"train", "val", "test"}, ForTesting, "", "c", ""},
		{"validation spelled out", []string{"train", "validation"}, ForValidation, "", "b", ""},
		{"val measured where no test", []string{"train", "val"}, ForTesting, "", "b", ""},
		{"test does not choose epochs", []string{"train", "test"}, ForValidation, "", "", `the splits "test", "train": name`},
		{"training data for testing", []string{"train", ""}, ForTesting, "", "", "name"},
		{"own names", []string{"left", "right"}, ForTraining, "", "", "name"},
		{"the only split", []string{"left", "left"}, ForTraining, "", "ab", ""},
		{"named", []string{"train", "test", "test"}, ForValidation, "test", "bc", ""},
		{"all", []string{"train", "test"}, ForTraining, "all", "ab", ""},
		{"labelling takes all", []string{"train", "test"}, AnyUse, "", "ab", ""},
		{"named, absent", []string{"train", "test"}, ForTraining, "trian", "", `no record has the split "trian"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.use.choose(withSplits(c.have...), c.split)
			if c.reason != "" {
				if err == nil || !strings.Contains(err.Error(), c.reason) {
					t.Fatalf("error %v, want one with %q", err, c.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, r := range got.Records {
				ids = append(ids, r.ID)
			}
			if !slices.Equal(ids, strings.Split(c.want, "")) {
				t.Errorf("took %v, want %s", ids, c.want)
			}
		})
	}
}

func TestClipsOfTrainingAreNotMeasured(t *testing.T) {
	man := withSplits("train", "test")
	if err := Disjoint(man.Split("train"), man.Split("test")); err != nil {
		t.Error(err)
	}
	err := Disjoint(man.Split("train"), man)
	if err == nil || !errors.As(err, new(jobs.UsageError)) || !strings.Contains(err.Error(), "1 clips") {
		t.Errorf("a shared clip gives %v", err)
	}
	windows := withSplits("train", "test")
	windows.Records[1].URI, windows.Records[1].StartSeconds = windows.Records[0].URI, 5
	if err := Disjoint(windows.Split("train"), windows.Split("test")); err != nil {
		t.Errorf("two parts of one file: %v", err)
	}
}

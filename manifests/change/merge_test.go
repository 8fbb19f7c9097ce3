package change_test

import (
	"slices"
	"strings"
	"testing"

	"padapter/manifests"
	"padapter/manifests/change"
)

// labelled is a manifest of one record for each class.
func labelled(dataset, root string, classes ...string) *manifests.Manifest {
	m := &manifests.Manifest{Dataset: dataset, Classes: classes, Root: root, Source: dataset + " lists"}
	for i, name := range classes {
		m.Records = append(m.Records, manifests.Record{ID: name, URI: name + "/a.avi", Kind: manifests.Video, Label: int32(i), LabelName: name, Status: manifests.Found})
	}
	return m
}

func TestMergeReconcilesClasses(t *testing.T) {
	a, b := labelled("one", "data", "run", "sit"), labelled("two", "data", "jump", "run", "walk")
	b.Records[1].ID = "run again"
	none := &manifests.Manifest{Dataset: "three", Root: "data", Records: []manifests.Record{{ID: "u", URI: "u.avi", Kind: manifests.Video, Label: manifests.NoLabel, Status: manifests.Found, Dataset: "its own"}}}
	unchanged(t, b, func() {
		m, err := change.Merge([]*manifests.Manifest{a, b, none}, change.MergeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
		if want := []string{"run", "sit", "jump", "walk"}; !slices.Equal(m.Classes, want) {
			t.Errorf("classes %q, want %q", m.Classes, want)
		}
		var labels []int32
		var datasets []string
		for _, r := range m.Records {
			labels, datasets = append(labels, r.Label), append(datasets, r.Dataset)
		}
		if want := []int32{0, 1, 2, 0, 3, -1}; !slices.Equal(labels, want) {
			t.Errorf("labels %v, want %v", labels, want)
		}
		if want := []string{"one", "one", "two", "two", "two", "its own"}; !slices.Equal(datasets, want) {
			t.Errorf("datasets %q, want %q", datasets, want)
		}
		if m.Dataset != "one+two+three" || m.Root != "data" || m.Source != "one lists, two lists" {
			t.Errorf("dataset %q, root %q, source %q", m.Dataset, m.Root, m.Source)
		}
	})
}

func TestMergeIDs(t *testing.T) {
	a, b := labelled("one", "", "run", "sit"), labelled("two", "", "sit")
	if _, err := change.Merge([]*manifests.Manifest{a, b}, change.MergeOptions{}); err == nil || !strings.Contains(err.Error(), `manifests 1 and 2 both have a record "sit"`) {
		t.Errorf("got %v", err)
	}
	m, err := change.Merge([]*manifests.Manifest{a, b}, change.MergeOptions{Prefix: true, Dataset: "both"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"one/run", "one/sit", "two/sit"}; !slices.Equal(ids(m), want) || m.Dataset != "both" {
		t.Errorf("got %q of %q", ids(m), m.Dataset)
	}
	b.Dataset = ""
	if _, err := change.Merge([]*manifests.Manifest{a, b}, change.MergeOptions{Prefix: true}); err == nil || !strings.Contains(err.Error(), "manifest 2") {
		t.Errorf("got %v", err)
	}
	numbers := labelled("three", "", "x")
	numbers.Classes = nil
	if _, err := change.Merge([]*manifests.Manifest{a, numbers}, change.MergeOptions{}); err == nil || !strings.Contains(err.Error(), "only numbers") {
		t.Errorf("got %v", err)
	}
	if _, err := change.Merge(nil, change.MergeOptions{}); err == nil {
		t.Error("nothing was merged to something")
	}
	if _, err := change.Merge([]*manifests.Manifest{labelled("twice", "", "x", "x")}, change.MergeOptions{}); err == nil {
		t.Error("two classes of one name were taken")
	}
}

func TestMergeRoots(t *testing.T) {
	uris := []string{"a b/#1%20.avi", "/abs/x.avi", "tar:t.tar?member=a", "tar:./odd:name.tar?member=a", "s3://bucket/key", "tar:s3://bucket/t.tar?member=a", "./c:d/e.avi", ""}
	tests := []struct {
		a, b, root string
		want       []string // of uris in b
		err        string
	}{
		{a: "/d/one", b: "/d/one", root: "/d/one", want: uris},
		{a: "/d/one", b: "/d/two words", root: "/d", want: []string{"two words/a b/#1%20.avi", "/abs/x.avi", "tar:two%20words/t.tar?member=a", "tar:two%20words/odd:name.tar?member=a", "s3://bucket/key", "tar:s3://bucket/t.tar?member=a", "two words/c:d/e.avi", ""}},
		{a: "/d/one", b: "/e", root: "/", want: []string{"e/a b/#1%20.avi"}},
		{a: "one", b: "two/x:y", root: ".", want: []string{"two/x:y/a b/#1%20.avi"}},
		{a: ".", b: "x:y", root: ".", want: []string{"./x:y/a b/#1%20.avi"}},
		{a: "../one", b: "../two", root: "..", want: []string{"two/a b/#1%20.avi"}},
		{a: "/d/one", b: "/d", root: "/d", want: uris},
		{a: "one", b: "../two", err: "no folder in common"},
		{a: "one", b: "/two", err: "no folder in common"},
		{a: "one", b: "", err: "has none"},
	}
	for _, tt := range tests {
		a, b := labelled("a", tt.a, "x"), &manifests.Manifest{Dataset: "b", Root: tt.b}
		for _, uri := range uris {
			b.Records = append(b.Records, manifests.Record{ID: "b" + uri, URI: uri, Kind: manifests.Video, Label: manifests.NoLabel, Status: manifests.Found})
		}
		m, err := change.Merge([]*manifests.Manifest{a, b}, change.MergeOptions{})
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s and %s: got %v, want %s", tt.a, tt.b, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s and %s: %v", tt.a, tt.b, err)
			continue
		}
		if m.Root != tt.root {
			t.Errorf("%s and %s: root %s, want %s", tt.a, tt.b, m.Root, tt.root)
		}
		for i, want := range tt.want {
			if got := m.Records[1+i].URI; got != want {
				t.Errorf("%s and %s: %s became %s, want %s", tt.a, tt.b, uris[i], got, want)
			}
		}
	}
}

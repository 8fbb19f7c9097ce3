package manifests_test

import (
	"fmt"
	"os"
	"path/filepath"

	"padapter/manifests"
)

// A manifest is written as Parquet, CSV or JSON Lines, by the name's ending, and read back as it was.
func ExampleManifest_WriteFile() {
	dir, err := os.MkdirTemp("", "manifest")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	m := &manifests.Manifest{
		Dataset: "doors",
		Classes: []string{"open", "shut"},
		Records: []manifests.Record{
			{ID: "1", URI: "a.mp4", Kind: manifests.Video, Label: 0, LabelName: "open", Split: "train", Status: manifests.Found},
			{ID: "2", URI: "b.mp4", Kind: manifests.Video, Label: 1, LabelName: "shut", Split: "test", Status: manifests.Missing, Reason: "no such file"},
		},
	}
	path := filepath.Join(dir, "doors.csv")
	if err := m.WriteFile(path); err != nil {
		fmt.Println(err)
		return
	}
	again, err := manifests.ReadFile(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range again.Records {
		fmt.Printf("%s %s %s: %s %q\n", r.ID, r.URI, r.LabelName, r.Status, r.Reason)
	}
	fmt.Println("same hash:", again.Hash() == m.Hash())
	// Output:
	// 1 a.mp4 open: found ""
	// 2 b.mp4 shut: missing "no such file"
	// same hash: true
}

// Validate names the record and what is wrong with it.
func ExampleManifest_Validate() {
	m := &manifests.Manifest{Classes: []string{"open"}, Records: []manifests.Record{
		{ID: "1", URI: "a.mp4", Kind: manifests.Video, Label: 3, Status: manifests.Found},
	}}
	fmt.Println(m.Validate())
	// Output: row 0: record "1": label 3: there are 1 classes, from 0
}

// Split keeps the records of one split, in their order.
func ExampleManifest_Split() {
	m := &manifests.Manifest{Records: []manifests.Record{
		{ID: "1", URI: "a.mp4", Label: manifests.NoLabel, Split: "train"},
		{ID: "2", URI: "b.mp4", Label: manifests.NoLabel, Split: "test"},
		{ID: "3", URI: "c.mp4", Label: manifests.NoLabel, Split: "train"},
	}}
	for _, r := range m.Split("train").Records {
		fmt.Println(r.ID)
	}
	// Output:
	// 1
	// 3
}

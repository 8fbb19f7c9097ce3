package ingest

import (
	"os"
	"path/filepath"
	"testing"

	"padapter/ingest/fixture"
)

func TestSVHN(t *testing.T) {
	dir := t.TempDir()
	if err := fixture.SVHN(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "test_32x32.mat")); err != nil {
		t.Fatal(err)
	}
	res, err := SVHN(t.Context(), SVHNOptions{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		"svhn:train_32x32.mat?record=0|image|1|1|train|found",
		"svhn:train_32x32.mat?record=1|image|0|0|train|found",
		"svhn:train_32x32.mat?record=2|image|2|2|train|found",
		"svhn:train_32x32.mat?record=3|image|9|9|train|found",
		"svhn:train_32x32.mat?record=4|image|0|0|train|found",
		"svhn:extra_32x32.mat?record=0|image|1|1|extra|found",
		"svhn:extra_32x32.mat?record=1|image|0|0|extra|found",
		"svhn:extra_32x32.mat?record=2|image|2|2|extra|found",
	})
	if counts := CompareOfficial(res.Manifest); len(counts) != 4 || counts[1] != (Count{"extra annotated", 3, 531131}) || counts[2] != (Count{"test annotated", 0, 26032}) {
		t.Errorf("counts %v", counts)
	}
}

func TestSVHNBadInput(t *testing.T) {
	matrix := func(images int, labels ...byte) string {
		return string(fixture.MAT(true,
			fixture.Matrix{Name: "X", Dims: []int{32, 32, 3, images}, Bytes: make([]byte, 3072*images)},
			fixture.Matrix{Name: "y", Dims: []int{len(labels), 1}, Bytes: labels}))
	}
	const train = "train_32x32.mat"
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"text":      {"no matrix", []string{train, "128 bytes"}},
		"no y":      {string(fixture.MAT(false, fixture.Matrix{Name: "X", Dims: []int{1, 1}, Bytes: []byte{1}})), []string{train, "no y"}},
		"no X":      {string(fixture.MAT(false, fixture.Matrix{Name: "y", Dims: []int{1, 1}, Bytes: []byte{1}})), []string{train, "no X"}},
		"full size": {string(fixture.MAT(false, fixture.Matrix{Name: "X", Dims: []int{2, 2}, Bytes: make([]byte, 4)}, fixture.Matrix{Name: "y", Dims: []int{1, 1}, Bytes: []byte{1}})), []string{"[2 2]", "[32 32 3 N]"}},
		"no labels": {matrix(2, 1), []string{"2 images", "1 labels"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := SVHN(t.Context(), SVHNOptions{Root: lay(t, map[string]string{train: c.content})})
			complains(t, err, c.want...)
		})
	}
	_, err := SVHN(t.Context(), SVHNOptions{Root: t.TempDir()})
	complains(t, err, "none of train_32x32.mat")
	res, err := SVHN(t.Context(), SVHNOptions{Root: lay(t, map[string]string{train: matrix(2, 0, 11, 10)})})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		"svhn:train_32x32.mat?record=0|image|-1||train|rejected|label 0: want a digit from 1 to 9, or 10 for 0",
		"svhn:train_32x32.mat?record=1|image|-1||train|rejected|label 11: want a digit from 1 to 9, or 10 for 0",
		"svhn:train_32x32.mat?record=2|image|0|0|train|missing|X has 2 images",
	})
}

func TestFlowers102(t *testing.T) {
	dir := t.TempDir()
	if err := fixture.Flowers102(dir, nil); err != nil {
		t.Fatal(err)
	}
	res, err := Flowers102(t.Context(), Flowers102Options{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		"jpg/image_00001.jpg|image|2|3|train|found",
		"jpg/image_00002.jpg|image|0|1|val|found",
		"jpg/image_00003.jpg|image|1|2|val|found",
		"jpg/image_00004.jpg|image|0|1|train|found",
		"jpg/image_00005.jpg|image|1|2|test|found",
		"jpg/image_00006.jpg|image|2|3|test|found",
		"jpg/image_00007.jpg|image|0|1|test|found",
		"jpg/image_00008.jpg|image|1|2|test|found",
		"jpg/image_00009.jpg|image|2|3|test|missing|there is no such file",
		"jpg/image_00010.jpg|image|0|1|unused|found",
	})
	if counts := CompareOfficial(res.Manifest); len(counts) != 4 || counts[1] != (Count{"test annotated", 5, 6149}) {
		t.Errorf("counts %v", counts)
	}
	res, err = Flowers102(t.Context(), Flowers102Options{Root: dir, Classes: []string{"rose", "fire lily"}})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest)[:2], []string{
		"jpg/image_00001.jpg|image|-1||train|rejected|label 3: want a class number from 1 to 2",
		"jpg/image_00002.jpg|image|0|rose|val|found",
	})
	sets := func(trnid, valid byte) string {
		return string(fixture.MAT(true, fixture.Matrix{Name: "trnid", Dims: []int{1, 1}, Bytes: []byte{trnid}},
			fixture.Matrix{Name: "valid", Dims: []int{1, 1}, Bytes: []byte{valid}}, fixture.Matrix{Name: "tstid", Dims: []int{0, 0}}))
	}
	labels := string(fixture.MAT(false, fixture.Matrix{Name: "labels", Dims: []int{1, 1}, Bytes: []byte{1}}))
	res, err = Flowers102(t.Context(), Flowers102Options{Root: lay(t, map[string]string{"imagelabels.mat": labels, "setid.mat": sets(1, 1), "jpg/image_00001.jpg": "x"})})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{"jpg/image_00001.jpg|image|0|1|train|rejected|setid.mat has it in train and in val"})
	_, err = Flowers102(t.Context(), Flowers102Options{Root: lay(t, map[string]string{"imagelabels.mat": labels, "setid.mat": sets(1, 2)})})
	complains(t, err, "setid.mat", "valid number 1", "image 2")
	_, err = Flowers102(t.Context(), Flowers102Options{Root: lay(t, map[string]string{"imagelabels.mat": labels, "setid.mat": labels})})
	complains(t, err, "setid.mat", "no trnid")
}

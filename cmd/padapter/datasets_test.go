package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/ingest/fixture"
	"padapter/manifests"
	"padapter/models/evaluate"
	"padapter/models/label"
)

// shaded draws pictures of a class: its shade of grey with noise over it.
func shaded(classes []string, class string, rng *rand.Rand) *image.Gray {
	const size = 40
	shade := 30 + 200*max(0, slices.Index(classes, class))/len(classes)
	picture := image.NewGray(image.Rect(0, 0, size, size))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(shade + rng.IntN(25))
	}
	return picture
}

// video makes clips of a class, all frames alike but for the noise.
func video(t *testing.T, classes []string) fixture.Media {
	rng := rand.New(rand.NewPCG(4, 4))
	return func(class string) []byte {
		path := filepath.Join(t.TempDir(), "clip.avi")
		writeFrames(t, path, 6, func(int) image.Image { return shaded(classes, class, rng) })
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
}

// photo makes images of a class.
func photo(t *testing.T, classes []string) fixture.Media {
	rng := rand.New(rand.NewPCG(5, 5))
	return func(class string) []byte {
		var out bytes.Buffer
		if err := jpeg.Encode(&out, shaded(classes, class, rng), nil); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
}

// rowsBy counts a manifest's rows of a split by status.
func rowsBy(m *manifests.Manifest, split string) map[manifests.Status]int {
	n := map[manifests.Status]int{}
	for i := range m.Records {
		if m.Records[i].Split == split {
			n[m.Records[i].Status]++
		}
	}
	return n
}

// checkLearned evaluates a run on a manifest's test split, in which so many files are there but broken: all its rows are
// accounted for, and the shades were learned.
func checkLearned(t *testing.T, run, man string, broken int) {
	t.Helper()
	rows := rowsBy(readManifest(t, man), "test")
	code, stdout, stderr := padapter(t, "eval", "--checkpoint", run, "--data", man, "--split", "test", "--backend", testBackend, "--json")
	want := exitOK
	if broken+rows[manifests.Missing]+rows[manifests.Rejected] > 0 {
		want = exitRecords
	}
	if code != want {
		t.Fatalf("eval: exit code %d, want %d\n%s%s", code, want, stdout, stderr)
	}
	var report evaluate.Report
	jsonResult(t, stdout, &report)
	if report.Evaluated != int64(rows[manifests.Found]-broken) || report.Evaluated == 0 {
		t.Errorf("%d rows were measured, %d of the test split are there, %d of them broken", report.Evaluated, rows[manifests.Found], broken)
	}
	if report.Metrics.Top1 < 0.9 {
		t.Errorf("top-1 is %v of %d rows", report.Metrics.Top1, report.Evaluated)
	}
	losses := stepLosses(t, run)
	for i, loss := range losses {
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			t.Errorf("the loss of step %d is %v", i+1, loss)
		}
	}
	if len(losses) == 0 {
		t.Error("no step has a loss")
	}
	checkLabelled(t, run, man, want, report)
}

// checkLabelled labels the test split: a row for every record, with the names that eval found right.
func checkLabelled(t *testing.T, run, man string, exit int, report evaluate.Report) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "labels.parquet")
	if code, stdout, stderr := padapter(t, "label", "--checkpoint", run, "--input", man, "--split", "test", "--backend", testBackend, "--out", out); code != exit {
		t.Fatalf("label: exit code %d, want %d\n%s%s", code, exit, stdout, stderr)
	}
	rows, _, err := label.ReadParquet(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	truth, right, labelled := map[string]string{}, int64(0), int64(0)
	for _, r := range readManifest(t, man).Split("test").Records {
		truth[r.ID] = r.LabelName
	}
	for _, row := range rows {
		name, there := truth[row.ID]
		if delete(truth, row.ID); !there {
			t.Errorf("a row of %q, which the split does not have, or a second one", row.ID)
		}
		if row.Error != "" {
			continue
		}
		if labelled++; row.Names[0] == name {
			right++
		}
	}
	if len(truth) != 0 || labelled != report.Evaluated || right != int64(math.Round(report.Metrics.Top1*float64(report.Evaluated))) {
		t.Errorf("%d records without a row; %d labelled, %d of them right; eval measured %d with a top-1 of %v", len(truth), labelled, right, report.Evaluated, report.Metrics.Top1)
	}
}

func TestSSv2IsBuiltTrainedAndMeasured(t *testing.T) {
	dir := t.TempDir()
	root, man, run := filepath.Join(dir, "ssv2"), filepath.Join(dir, "ssv2.parquet"), filepath.Join(dir, "run")
	if err := fixture.SSv2(root, fixture.SSv2Options{Qualcomm: true, PerClass: 8, Traps: true, Media: video(t, fixture.SSv2Classes)}); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := padapter(t, "manifest", "build", "ssv2", "--root", filepath.Join(root, "20bn-something-something-v2"),
		"--annotations", filepath.Join(root, "labels"), "--out", man)
	if code != exitRecords {
		t.Fatalf("build: exit code %d\n%s%s", code, stdout, stderr)
	}
	rows := rowsBy(readManifest(t, man), "train")
	if rows[manifests.Found] != 4*8 || rows[manifests.Missing] != 1 || rows[manifests.Rejected] == 0 {
		t.Fatalf("training rows: %v", rows)
	}
	recipe := filepath.Join(dir, "shades.yaml")
	if err := os.WriteFile(recipe, []byte(movesRecipe), 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = padapter(t, "train", "--recipe", recipe, "--train", man, "--val", man, "--out", run, "--backend", testBackend)
	if code != exitOK && code != exitRecords {
		t.Fatalf("train: exit code %d\n%s%s", code, stdout, stderr)
	}
	checkLearned(t, run, man, 0)
}

func TestFood101IsBuiltTrainedAndMeasured(t *testing.T) {
	dir := t.TempDir()
	root, built, man, run := filepath.Join(dir, "food"), filepath.Join(dir, "built.parquet"), filepath.Join(dir, "food.parquet"), filepath.Join(dir, "run")
	if err := fixture.Food101(root, fixture.Food101Options{PerClass: 16, Media: photo(t, fixture.Food101Classes)}); err != nil {
		t.Fatal(err)
	}
	images := filepath.Join(root, "food-101", "images", "apple_pie")
	if err := os.Remove(filepath.Join(images, "1000.jpg")); err != nil { // to train with
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(images, "1016.jpg"), []byte("no image"), 0o644); err != nil { // to test with
		t.Fatal(err)
	}
	code, stdout, stderr := padapter(t, "manifest", "build", "food101", "--root", filepath.Join(root, "food-101"), "--out", built)
	if code != exitRecords {
		t.Fatalf("build: exit code %d\n%s%s", code, stdout, stderr)
	}
	mustPadapter(t, "manifest", "split", built, "--of", "train", "--parts", "train=3,val=1", "--out", man)
	recipe := filepath.Join(dir, "images.yaml")
	image := strings.NewReplacer("frames: 4", "frames: 1", "temporal: uniform", "temporal: dense", "tubelet: 2", "tubelet: 1, kind: image").Replace(movesRecipe)
	if err := os.WriteFile(recipe, []byte(image), 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr = padapter(t, "train", "--recipe", recipe, "--train", man, "--val", man, "--out", run, "--backend", testBackend)
	if code != exitOK && code != exitRecords {
		t.Fatalf("train: exit code %d\n%s%s", code, stdout, stderr)
	}
	checkLearned(t, run, man, 1)
}

// writeFrames writes a video of pictures.
func writeFrames(t *testing.T, path string, frames int, picture func(n int) image.Image) {
	t.Helper()
	first := picture(0).Bounds()
	width, height := first.Dx(), first.Dy()
	renderVideo(t, path, width, height, frames, func(n int, pixels []byte) {
		shown := picture(n)
		for i := range width * height {
			r, g, b, _ := color.NRGBAModel.Convert(shown.At(i%width, i/width)).RGBA()
			pixels[3*i], pixels[3*i+1], pixels[3*i+2] = byte(r>>8), byte(g>>8), byte(b>>8)
		}
	})
}

package ingest

import (
	"path/filepath"
	"testing"

	"padapter/ingest/fixture"
)

func TestFood101(t *testing.T) {
	dir := t.TempDir()
	if err := fixture.Food101(dir, fixture.Food101Options{PerClass: 1, Traps: true}); err != nil {
		t.Fatal(err)
	}
	res, err := Food101(t.Context(), Food101Options{Root: filepath.Join(dir, "food-101")})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		"images/apple_pie/1000.jpg|image|0|apple_pie|train|found",
		"images/apple_pie/gone.jpg|image|0|apple_pie|train|missing|there is no such file",
		"images/apple_pie/empty.jpg|image|0|apple_pie|train|rejected|the file is empty",
		`images/baby_back_ribs/2000.jpg|image|0|apple_pie|train|rejected|train.json item 4: it is listed under class "apple_pie"`,
		"images/baby_back_ribs/2000.jpg|image|1|baby_back_ribs|train|rejected|train.json item 5: train.json item 4 has the same id",
		"images/crème brûlée #1/3000.jpg|image|2|crème brûlée #1|train|found",
		"images/apple_pie/1001.jpg|image|0|apple_pie|test|found",
		"images/apple_pie/1000.jpg|image|0|apple_pie|test|rejected|test.json item 2: train.json item 1 has the same id",
		"images/baby_back_ribs/2001.jpg|image|1|baby_back_ribs|test|found",
		"images/crème brûlée #1/3001.jpg|image|2|crème brûlée #1|test|found",
	})
	equal(t, res.Manifest.Classes, fixture.Food101Classes)
	if len(res.Skipped) != 1 || res.Skipped[0].Path != "images/apple_pie/stray.jpg" || res.Manifest.Records[5].ID != "crème brûlée #1/3000" {
		t.Errorf("skipped %v, record %+v", res.Skipped, res.Manifest.Records[5])
	}
	if counts := CompareOfficial(res.Manifest); len(counts) != 3 || counts[2] != (Count{"train annotated", 6, 75750}) {
		t.Errorf("counts %v", counts)
	}
}

func TestFood101BadInput(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"no lists":    {map[string]string{"images/a/1.jpg": "x"}, []string{"train.json"}},
		"no object":   {map[string]string{"meta/train.json": "[]"}, []string{"train.json line 1", `{"apple_pie"`}},
		"no list":     {map[string]string{"meta/train.json": "{\"a\": [],\n\"b\": \"c\"}"}, []string{"train.json line 2"}},
		"class twice": {map[string]string{"meta/train.json": `{"a": [], "a": []}`}, []string{`class "a"`, "twice"}},
		"cut off":     {map[string]string{"meta/train.json": "{\"a\": [\n\"a/1\""}, []string{"line 2", "too early"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Food101(t.Context(), Food101Options{Root: lay(t, c.files)})
			complains(t, err, c.want...)
		})
	}
}

func FuzzFood101(f *testing.F) {
	f.Add(`{"apple_pie": ["apple_pie/1", "apple_pie/2"]}`)
	f.Add(`{"a": [1`)
	f.Fuzz(func(t *testing.T, text string) {
		_ = jsonText{"train.json", []byte(text)}.food101(func(class, _ string) error {
			if class == "" {
				t.Fatal("a class without a name")
			}
			return nil
		})
	})
}

package ingest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"padapter/ingest/fixture"
)

func TestSSv2(t *testing.T) {
	for name, qualcomm := range map[string]bool{"20BN": false, "Qualcomm": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := fixture.SSv2(dir, fixture.SSv2Options{Qualcomm: qualcomm, PerClass: 1, Traps: true}); err != nil {
				t.Fatal(err)
			}
			res, err := SSv2(t.Context(), SSv2Options{Root: dir, Annotations: filepath.Join(dir, "labels")})
			if err != nil {
				t.Fatal(err)
			}
			const folder, left = "20bn-something-something-v2/", "Pushing something from left to right"
			want := []string{
				folder + "1.webm|video|0|Pretending to be tearing something that is not tearable|train|found",
				folder + "2.webm|video|1|Pushing something from left to right|train|found",
				folder + "3.webm|video|2|Pushing something from right to left|train|found",
				folder + "4.webm|video|3|Something falling like a feather or paper|train|found",
				folder + "90001.webm|video|1|" + left + "|train|missing|there is no such file",
				folder + "90002.webm|video|1|" + left + "|train|rejected|the file is empty",
				folder + `90003.webm|video|-1||train|rejected|class "Eating something" is not in ` + map[bool]string{false: "something-something-v2-"}[qualcomm] + "labels.json",
				folder + "1.webm|video|0|Pretending to be tearing something that is not tearable|train|rejected|" + map[bool]string{false: "something-something-v2-"}[qualcomm] + "train.json record 8: " + map[bool]string{false: "something-something-v2-"}[qualcomm] + "train.json record 1 has the same id",
				folder + "5.webm|video|0|Pretending to be tearing something that is not tearable|val|found",
				folder + "6.webm|video|1|Pushing something from left to right|val|found",
				folder + "7.webm|video|2|Pushing something from right to left|val|found",
				folder + "8.webm|video|3|Something falling like a feather or paper|val|found",
			}
			for i, class := range fixture.SSv2Classes {
				label := []string{"-1|", "0|" + class}
				if i > 0 {
					label[1] = string(rune('0'+i)) + "|" + class
				}
				want = append(want, folder+[]string{"9", "10", "11", "12"}[i]+".webm|video|"+label[map[bool]int{true: 1}[qualcomm]]+"|test|found")
			}
			equal(t, rows(t, res.Manifest), want)
			if !slices.Equal(res.Manifest.Classes, fixture.SSv2Classes) {
				t.Errorf("classes %q", res.Manifest.Classes)
			}
			r := res.Manifest.Records[0]
			if r.ID != "1" || r.Extra["placeholders"] != `["a spoon, \"steel\""]` || r.Extra["template"] != "Pretending to be tearing [something that is not tearable]" || r.Extra["label"] != `pretending to be tearing a spoon, "steel"` {
				t.Errorf("record %+v", r)
			}
			counts := CompareOfficial(res.Manifest)
			if len(counts) != 4 || counts[0] != (Count{"classes", 4, 174}) || counts[2] != (Count{"train annotated", 8, 168913}) {
				t.Errorf("counts %v", counts)
			}
		})
	}
}

func TestSSv2BadInput(t *testing.T) {
	const good = `{"A something": "0", "B": "1"}`
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"no files":        {map[string]string{"a/x": ""}, []string{"neither", "labels.json"}},
		"both publishers": {map[string]string{"a/labels.json": good, "a/something-something-v2-labels.json": good}, []string{"one publisher"}},
		"labels only":     {map[string]string{"a/labels.json": good}, []string{"train.json", "none of them"}},
		"labels are no object": {map[string]string{"a/labels.json": `["x"]`},
			[]string{"labels.json line 1", `{"Holding something": "0"`}},
		"number missing":  {map[string]string{"a/labels.json": `{"A": "0", "B": "2"}`}, []string{"labels.json", "number 1"}},
		"number twice":    {map[string]string{"a/labels.json": `{"A": "0", "B": "0"}`}, []string{`"A" and "B"`}},
		"number no text":  {map[string]string{"a/labels.json": "{\"A\": \"0\",\n\"B\": 1}"}, []string{"line 2", "number"}},
		"records cut off": {map[string]string{"a/labels.json": good, "a/train.json": "[{\"id\": \"1\"},\n{\"id\""}, []string{"train.json line 2", "too early"}},
		"record no object": {map[string]string{"a/labels.json": good, "a/train.json": "[{\"id\": \"1\"},\n\n7]"},
			[]string{"train.json line 3", `"template"`}},
		"stray comma": {map[string]string{"a/labels.json": good, "a/train.json": "[\n{\"id\": \"1\"},\n]"}, []string{"train.json line 3"}},
		"text behind": {map[string]string{"a/labels.json": good, "a/train.json": "[]\n[]"}, []string{"train.json line 2", "nothing more"}},
		"bad answers": {map[string]string{"a/labels.json": good, "a/test-answers.csv": "1;B\n2,B\n"}, []string{"test-answers.csv line 2", "semicolon"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := lay(t, c.files)
			_, err := SSv2(t.Context(), SSv2Options{Root: root, Annotations: filepath.Join(root, "a")})
			complains(t, err, c.want...)
		})
	}
}

// complains checks that an error says all of what is wanted.
func complains(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q lacks %q", err, text)
		}
	}
}

func FuzzSSv2Labels(f *testing.F) {
	f.Add(`{"A something": "0", "B": "1"}`)
	f.Add(`{"A": 0`)
	f.Fuzz(func(t *testing.T, text string) {
		classes, err := parseSSv2Labels(jsonText{"labels.json", []byte(text)})
		seen := map[string]bool{}
		for _, name := range classes {
			if err != nil || seen[name] {
				t.Fatalf("%q, %v", classes, err)
			}
			seen[name] = true
		}
	})
}

func FuzzSSv2Records(f *testing.F) {
	f.Add(`[{"id": "1", "label": "l", "template": "[Something] x", "placeholders": ["a"]}, {"id": "2"}]`)
	f.Add(`[{}, 1]`)
	f.Fuzz(func(t *testing.T, text string) {
		read := 0
		err := jsonText{"train.json", []byte(text)}.array("records", func(number int, value func(any) error) error {
			var a ssv2Record
			read = number
			return value(&a)
		})
		if err == nil && read == 0 && !strings.Contains(text, "[") {
			t.Fatalf("%q was taken for an array", text)
		}
	})
}

func FuzzSSv2Answers(f *testing.F) {
	f.Add("1;Holding something\r\n2;B; c\n")
	f.Add("1")
	f.Fuzz(func(t *testing.T, text string) {
		answers, err := parseSSv2Answers("test-answers.csv", strings.NewReader(text))
		for id, class := range answers {
			if err != nil || id == "" || class == "" {
				t.Fatalf("%q: %q, %v", id, class, err)
			}
		}
	})
}

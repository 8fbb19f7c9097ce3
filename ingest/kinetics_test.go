package ingest

import (
	"path/filepath"
	"strings"
	"testing"

	"padapter/ingest/fixture"
	"padapter/manifests"
)

func kinetics(t *testing.T, dir string, classes []string) *Result {
	t.Helper()
	res, err := Kinetics(t.Context(), KineticsOptions{Version: 400, Root: dir, Classes: classes, Annotations: []string{
		filepath.Join(dir, "train.csv"), filepath.Join(dir, "validate.csv"), filepath.Join(dir, "test.csv")}})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestKineticsLayouts(t *testing.T) {
	drop := strings.NewReplacer("'", "", "(", "", ")", "")
	for name, opt := range map[string]fixture.KineticsOptions{
		"flat":                     {},
		"classes":                  {PerClass: true},
		"classes with underscores": {PerClass: true, Spelling: func(s string) string { return strings.ReplaceAll(s, " ", "_") }},
		"classes without marks":    {PerClass: true, Spelling: func(s string) string { return drop.Replace(s) }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := fixture.Kinetics(dir, opt); err != nil {
				t.Fatal(err)
			}
			res := kinetics(t, dir, nil)
			if err := res.Manifest.Validate(); err != nil {
				t.Error(err)
			}
			equal(t, res.Manifest.Classes, fixture.KineticsClasses)
			splits := map[string]int{}
			for i, r := range res.Manifest.Records {
				splits[r.Split]++
				class := ""
				if r.Split != "test" {
					class = fixture.KineticsClasses[i%6/2]
				}
				if r.Status != manifests.Found || r.LabelName != class || !strings.HasPrefix(r.ID, r.Group+"_0") || len(r.Group) != 11 || !strings.HasSuffix(r.URI, "/"+r.ID+".mp4") {
					t.Errorf("record %+v", r)
				}
				if (r.Extra["is_cc"] != "") != (r.Split == "train") {
					t.Errorf("%s: extra %v", r.ID, r.Extra)
				}
			}
			if len(splits) != 3 || splits["train"] != 6 || splits["val"] != 6 || splits["test"] != 6 || len(res.Skipped) != 0 {
				t.Errorf("splits %v, skipped %v", splits, res.Skipped)
			}
		})
	}
}

func TestKineticsTraps(t *testing.T) {
	dir := t.TempDir()
	if err := fixture.Kinetics(dir, fixture.KineticsOptions{Traps: true}); err != nil {
		t.Fatal(err)
	}
	res := kinetics(t, dir, nil)
	equal(t, rows(t, res.Manifest)[6:11], []string{
		"gone-------_000005_000015.mp4|video|2|zumba|train|missing|there is no such file",
		"train/empty------_000005_000015.mp4|video|2|zumba|train|rejected|the file is empty",
		"replacement_for_corrupted_k400/replaced---_000005_000015.mp4|video|2|zumba|train|found",
		"|video|2|zumba|train|rejected|train.csv line 11 has no id",
		`|video|2|zumba|train|rejected|train.csv line 12: time_start "soon": want whole seconds from 0 to 999999`,
	})
	equal(t, []string{res.Skipped[0].Path, res.Skipped[1].Path}, []string{"train/replaced---_000005_000015.mp4", "train/stray------_000000_000010.mp4"})
	if len(res.Skipped) != 2 {
		t.Errorf("skipped %v", res.Skipped)
	}
	counts := CompareOfficial(res.Manifest)
	if len(counts) != 7 || counts[0] != (Count{"classes", 3, 400}) || counts[6] != (Count{"val found", 6, 19881}) || counts[2] != (Count{"train annotated", 11, 246534}) {
		t.Errorf("counts %v", counts)
	}
}

func TestKineticsClassList(t *testing.T) {
	dir := t.TempDir()
	if err := fixture.Kinetics(dir, fixture.KineticsOptions{}); err != nil {
		t.Fatal(err)
	}
	res := kinetics(t, dir, []string{"Zumba", "passing_American_football_in_game"})
	equal(t, rows(t, res.Manifest)[1:4], []string{
		`train/z-000000002_000002_000012.mp4|video|-1||train|rejected|class "massaging person's head" is not in the class list`,
		"train/-x000000003_000003_000013.mp4|video|1|passing_American_football_in_game|train|found",
		"train/_Y000000004_000004_000014.mp4|video|1|passing_American_football_in_game|train|found",
	})
	_, err := Kinetics(t.Context(), KineticsOptions{Version: 400, Root: dir, Annotations: []string{"x"}, Classes: []string{"a b", "a_b"}})
	complains(t, err, `"a b" and "a_b"`)
}

func TestKineticsBadInput(t *testing.T) {
	const head = "label,youtube_id,time_start,time_end,split\n"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"empty":        {"", []string{"train.csv", "empty", "youtube_id,time_start"}},
		"no header":    {"zumba,abcdefghijk,1,11,train\n", []string{"train.csv line 1", "a header line", "youtube_id"}},
		"column twice": {"youtube_id,youtube_id\n", []string{"line 1", "twice"}},
		"short row":    {head + "zumba,abcdefghijk,1,11,train\nzumba,abcdefghijl\n", []string{"train.csv line 3", "5 fields"}},
		"open quote":   {head + "zumba,abcdefghijk,1,11,train\n\"zumba,abcdefghijl,1,11,train\n", []string{"train.csv line", "5 fields"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := lay(t, map[string]string{"train.csv": c.text})
			_, err := Kinetics(t.Context(), KineticsOptions{Version: 600, Root: root, Annotations: []string{filepath.Join(root, "train.csv")}})
			complains(t, err, c.want...)
		})
	}
	_, err := Kinetics(t.Context(), KineticsOptions{Version: 500, Root: t.TempDir()})
	complains(t, err, "400")
}

func FuzzKineticsRows(f *testing.F) {
	f.Add("label,youtube_id,time_start,time_end,split,is_cc\n\"a b\",-bcdefghijk,1,11,train,0\nx,y,z,1,2,3\n")
	f.Add("youtube_id\ttime_start\ttime_end\na\t1\t2.5\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := newKineticsRows("train.csv", strings.NewReader(text))
		if err != nil {
			return
		}
		for {
			row, more, err := rows.next()
			if err != nil || !more {
				return
			}
			if row.line < 2 || row.wrong == "" && (row.id == "" || row.start < 0 || row.end < 0) {
				t.Fatalf("%+v", row)
			}
		}
	})
}

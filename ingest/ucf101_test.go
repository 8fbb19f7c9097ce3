package ingest

import (
	"path/filepath"
	"strings"
	"testing"

	"padapter/ingest/fixture"
	"padapter/manifests"
)

func TestUCF101(t *testing.T) {
	dir := t.TempDir()
	if err := fixture.UCF101(dir, nil); err != nil {
		t.Fatal(err)
	}
	inTest := map[string]int{}
	for split := 1; split <= 3; split++ {
		res, err := UCF101(t.Context(), UCF101Options{Root: filepath.Join(dir, "UCF-101"), Splits: filepath.Join(dir, "ucfTrainTestlist"), Split: split})
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Manifest.Validate(); err != nil {
			t.Error(err)
		}
		equal(t, res.Manifest.Classes, fixture.UCF101Classes)
		if len(res.Manifest.Records) != 36 || len(res.Skipped) != 0 {
			t.Errorf("split %d: %d records, %v skipped", split, len(res.Manifest.Records), res.Skipped)
		}
		groups := map[string]string{}
		for _, r := range res.Manifest.Records {
			if r.Split == "test" {
				inTest[r.ID]++
			}
			if other := groups[r.Group]; r.Group == "" || other != "" && other != r.Split {
				t.Errorf("%s: group %q is in %s and %s", r.ID, r.Group, r.Split, other)
			}
			groups[r.Group] = r.Split
			want := manifests.Found
			if r.ID == "BandMarching/v_BandMarching_g02_c02.avi" {
				want = manifests.Missing
			}
			if class := strings.Split(r.ID, "/")[0]; r.Status != want || r.LabelName != class {
				t.Errorf("%+v", r)
			}
			if r.ID == "HandstandPushups/v_HandStandPushups_g01_c01.avi" && r.URI != "HandstandPushups/v_HandstandPushups_g01_c01.avi" {
				t.Errorf("the file is spelt otherwise: %s", r.URI)
			}
		}
		if counts := CompareOfficial(res.Manifest); len(counts) != 3 || counts[0].Official != 101 || counts[1].What != "test annotated" || counts[1].Got != 12 {
			t.Errorf("counts %v", counts)
		}
	}
	for id, n := range inTest {
		if n != 1 {
			t.Errorf("%s tests in %d splits", id, n)
		}
	}
	if len(inTest) != 36 {
		t.Errorf("%d clips test", len(inTest))
	}
}

func TestUCF101BadInput(t *testing.T) {
	const index, train, test = "s/classInd.txt", "s/trainlist01.txt", "s/testlist01.txt"
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"no index":    {map[string]string{"s/x": ""}, []string{"classInd.txt"}},
		"from 0":      {map[string]string{index: "0 A\n1 B\n"}, []string{"classInd.txt line 1", "the number 1"}},
		"class twice": {map[string]string{index: "1 A\n2 A\n"}, []string{"classInd.txt line 2"}},
		"empty index": {map[string]string{index: ""}, []string{"1 ApplyEyeMakeup"}},
		"no test":     {map[string]string{index: "1 A\n", train: "A/v_A_g01_c01.avi 1\n"}, []string{"testlist01.txt"}},
		"no path":     {map[string]string{index: "1 A\n", train: "A/v_A_g01_c01.avi 1\nword 1\n"}, []string{"trainlist01.txt line 2", "Class/"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := lay(t, c.files)
			_, err := UCF101(t.Context(), UCF101Options{Root: root, Splits: filepath.Join(root, "s"), Split: 1})
			complains(t, err, c.want...)
		})
	}
	root := lay(t, map[string]string{index: "1 A\n2 B\n", train: "A/v_A_g01_c01.avi 2\nC/v_C_g01_c01.avi 3\nB/odd #1!.avi 2\n", test: "A/v_A_g01_c01.avi\n\n",
		"A/v_A_g01_c01.avi": "x", "B/odd #1!.avi": "x", "B/more.avi": "x"})
	res, err := UCF101(t.Context(), UCF101Options{Root: root, Splits: filepath.Join(root, "s"), Split: 1})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		`A/v_A_g01_c01.avi|video|-1||train|rejected|trainlist01.txt line 1: class number 2, but "A" is number 1 in classInd.txt`,
		`C/v_C_g01_c01.avi|video|-1||train|rejected|trainlist01.txt line 2: class "C" is not in classInd.txt`,
		"B/odd #1!.avi|video|1|B|train|found",
		"A/v_A_g01_c01.avi|video|0|A|test|rejected|testlist01.txt line 1: trainlist01.txt line 1 has the same id",
	})
	if len(res.Skipped) != 1 || res.Skipped[0].Path != "B/more.avi" {
		t.Errorf("skipped %v", res.Skipped)
	}
}

func TestHMDB51Names(t *testing.T) {
	dir := t.TempDir()
	if err := fixture.HMDB51(dir, nil); err != nil {
		t.Fatal(err)
	}
	for split := 1; split <= 3; split++ {
		res, err := HMDB51(t.Context(), HMDB51Options{Root: filepath.Join(dir, "hmdb51_org"), Splits: filepath.Join(dir, "testTrainMulti_7030_splits"), Split: split})
		if err != nil {
			t.Fatal(err)
		}
		splits := map[string]int{}
		for i, r := range res.Manifest.Records {
			splits[r.Split]++
			if r.Status != manifests.Found || filepath.Base(r.URI) != fixture.HMDB51Names[i%len(fixture.HMDB51Names)] {
				t.Errorf("%+v", r)
			}
		}
		if len(splits) != 3 || len(res.Manifest.Records) != 10 || len(res.Skipped) != 0 {
			t.Errorf("split %d: %v, skipped %v", split, splits, res.Skipped)
		}
		if counts := CompareOfficial(res.Manifest); len(counts) != 4 || counts[0] != (Count{"classes", 2, 51}) {
			t.Errorf("counts %v", counts)
		}
	}
}

func FuzzUCF101Classes(f *testing.F) {
	f.Add("1 ApplyEyeMakeup\r\n2 B\n")
	f.Add("x")
	f.Fuzz(func(t *testing.T, text string) {
		classes, err := parseUCF101Classes("classInd.txt", strings.NewReader(text))
		if err == nil && len(classes) == 0 {
			t.Fatal("no classes and no error")
		}
	})
}

func FuzzUCF101List(f *testing.F) {
	f.Add("A/v_A_g01_c01.avi 1\r\nB/x.avi\n")
	f.Add("A 1")
	f.Fuzz(func(t *testing.T, text string) {
		lines, _ := parseUCF101List("trainlist01.txt", strings.NewReader(text))
		for _, line := range lines {
			if line.number < 1 || line.class < 0 || !strings.Contains(line.path, "/") {
				t.Fatalf("%+v", line)
			}
		}
	})
}

func FuzzHMDB51List(f *testing.F) {
	f.Add("#20_Rhythm_(x)!.avi 1 \r\n\nshow a;b.avi 0\n")
	f.Add("x.avi 3")
	f.Fuzz(func(t *testing.T, text string) {
		records, _ := parseHMDB51List("kick_ball")("kick_ball_test_split1.txt", strings.NewReader(text))
		for _, r := range records {
			if r.Split == "" || r.LabelName != "kick_ball" {
				t.Fatalf("%+v", r)
			}
		}
	})
}

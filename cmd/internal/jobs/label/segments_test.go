package label

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/models/label"
	"padapter/models/segment"
)

// A window without labels in the middle of a video costs that window, not what came before or comes after it.
func TestSegmentsAcrossAFailedWindow(t *testing.T) {
	dir := t.TempDir()
	opt := Options{SegmentsFile: filepath.Join(dir, "s.csv"), WebVTT: filepath.Join(dir, "vtt"), Find: segment.DefaultOptions}
	s, err := newSegmenter(opt.Find, []string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	files, err := opt.createSegments([]string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	window := func(id string, start float64, reason string, score float32) {
		t.Helper()
		row := label.Row{ID: id, URI: id, PartSeconds: [2]float64{start, start + 2}, Error: reason}
		if err := s.add(label.Scored{Row: row, Probabilities: []float32{score}}); err != nil {
			t.Fatal(err)
		}
	}
	end := func(id string) {
		t.Helper()
		if err := files.write(id, s.finish()); err != nil {
			t.Fatal(err)
		}
	}
	window("a/b.avi", 0, "", 1)
	window("a/b.avi", 1, "model: no number", 0)
	window("a/b.avi", 2, "", 0)
	window("a/b.avi", 3, "", 1)
	end("a/b.avi")
	window("../c.avi", 0, "corrupt: planted", 0)
	end("../c.avi")
	if err := files.close(false); err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"id", "uri", "label_id", "label_name", "start", "end", "score", "peak", "error"},
		{"a/b.avi", "a/b.avi", "0", "run", "0", "2", "1", "1", ""},
		{"a/b.avi", "a/b.avi", "0", "run", "3.5", "5", "1", "1", ""},
		{"a/b.avi", "a/b.avi", "", "", "", "", "", "", "model: no number"},
		{"../c.avi", "../c.avi", "", "", "", "", "", "", "corrupt: planted"},
	}
	file, err := os.Open(opt.SegmentsFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	got, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if strings.Join(got[i], "|") != strings.Join(want[i], "|") {
			t.Errorf("row %d is %q, want %q", i, got[i], want[i])
		}
	}
	cues, err := os.ReadFile(filepath.Join(opt.WebVTT, "a", "b.avi.vtt"))
	if err != nil || strings.Count(string(cues), "-->") != 2 {
		t.Errorf("%v, cues\n%s", err, cues)
	}
	if _, err := os.Stat(filepath.Join(opt.WebVTT, "c.avi.vtt")); err != nil {
		t.Errorf("an id that leads out of the folder: %v", err)
	}
}

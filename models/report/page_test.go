package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/models/evaluate"
	"padapter/models/metrics"
	"padapter/pipeline/batch"
)

var shape = batch.Shape{Frames: 2, Height: 3, Width: 4, Channels: 3}

func clip(value uint8) []uint8 { return bytes.Repeat([]byte{value}, shape.Bytes()) }

func samplePage(t *testing.T) Page {
	t.Helper()
	totals, err := metrics.NewTotals(3)
	if err != nil {
		t.Fatal(err)
	}
	hardest := Hardest{Keep: 2}
	for i, c := range []struct {
		label  int32
		logits []float32
	}{{0, []float32{3, 0, 0}}, {0, []float32{0, 2, 0}}, {1, []float32{9, 0, 0}}, {2, []float32{0, 0, 1}}, {2, []float32{1, 0, 0}}} {
		if err := totals.Add(c.logits, c.label); err != nil {
			t.Fatal(err)
		}
		hardest.Add(fmt.Sprintf("clip <%d>", i), "x.avi", c.label, c.logits, shape, clip(uint8(i)))
	}
	return Page{
		Title: "run & test", Version: "test", Engine: "go", Recipe: "name: <b>", Trained: 5, Total: 100,
		Evaluation: &evaluate.Report{Videos: 6, Evaluated: 5, Unreadable: 1, Average: "logits", Metrics: totals.Summary(), Classes: []string{"<left>", "right", "up"},
			Failures: []evaluate.Failure{{ID: "bad", Reason: "corrupt: planted"}}},
		Mistakes: hardest.Mistakes(),
	}
}

func TestHardestKeepsTheWorstInOrder(t *testing.T) {
	kept := samplePage(t).Mistakes
	if len(kept) != 2 || kept[0].ID != "clip <2>" || kept[1].ID != "clip <1>" || kept[0].Predicted != 0 || kept[0].frames[0] != 2 {
		t.Errorf("kept %+v", kept)
	}
	url, err := kept[0].Strip()
	if err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(url), "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if b := picture.Bounds(); b.Dx() != 8 || b.Dy() != 3 {
		t.Errorf("strip of %v, want 2 frames of 4×3", b)
	}
}

func TestPageIsWholeAndEscaped(t *testing.T) {
	page := samplePage(t)
	log := filepath.Join(t.TempDir(), "log.jsonl")
	text := `{"event":"start","backend":"go"}
{"event":"step","step":1,"loss":2,"rate":0.1}
{"event":"step","step":2,"loss":1,"rate":0.2}
{"event":"epoch","step":2,"train_loss":1.5,"val_loss":1,"val_top1":0.5}
{"event":"end"}
{"event":"step","st`
	if err := os.WriteFile(log, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var err error
	if page.History, err = ReadHistory(log); err != nil {
		t.Fatal(err)
	}
	if h := page.History; !h.Finished || len(h.Loss) != 2 || len(h.ValTop1) != 1 || h.Backend != "go" {
		t.Errorf("history %+v", h)
	}
	var first, second bytes.Buffer
	if err := page.Write(&first); err != nil {
		t.Fatal(err)
	}
	if err := page.Write(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("the same page twice has other bytes (%v)", err)
	}
	html := first.String()
	for _, want := range []string{"run &amp; test", "&lt;left&gt;", "clip &lt;2&gt;", "40.00 %", "rates are over 5 of 6 videos", "<polyline", "corrupt: planted", "name: &lt;b&gt;", "5.00 %", `<th><span>&lt;left&gt;</span></th>`, `<td class="n hit">`, "</html>"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, never := range []string{"<left>", "http://", "https://", "<script", "ZgotmplZ"} {
		if strings.Contains(html, never) {
			t.Errorf("the page holds %q", never)
		}
	}
}

func TestCharts(t *testing.T) {
	if chart(series{"nothing", "#000", nil}) != "" {
		t.Error("a chart of nothing")
	}
	long := make([]Point, 5000)
	for i := range long {
		long[i] = Point{float64(i), 1}
	}
	if got := strings.Count(string(chart(series{"flat", "#000", long})), ","); got != maxPoints {
		t.Errorf("a curve of %d points, want %d", got, maxPoints)
	}
	for _, c := range [][2]float64{{0, 1}, {0, 0.003}, {-5, 12345}, {0.98, 0.99}} {
		if n := len(ticks(c[0], c[1])); n < 2 || n > 7 {
			t.Errorf("%d ticks in %v", n, c)
		}
	}
}

func TestLogsThatCannotBeRead(t *testing.T) {
	if _, err := ReadHistory(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("an absent log was read")
	}
	path := filepath.Join(t.TempDir(), "log.jsonl")
	if err := os.WriteFile(path, []byte("{\"event\":\"start\"}\nnonsense\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadHistory(path); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v, want one that names line 2", err)
	}
}

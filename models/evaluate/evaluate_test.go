package evaluate

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/ml/model"
	"go.uber.org/goleak"

	"padapter/manifests"
	"padapter/models/feed/feedtest"
	"padapter/pipeline/batch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var shape = batch.Shape{Frames: 2, Height: 2, Width: 2, Channels: 3}

func run(t *testing.T, rows []feedtest.Row, change func(*Options)) (*Report, error) {
	t.Helper()
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(backend.Finalize)
	opt := Options{
		Backend: backend, Store: model.NewStore(), Network: feedtest.Colours{},
		Data: feedtest.New(t, shape, feedtest.ColourClasses, rows), Batch: 4,
	}
	if change != nil {
		change(&opt)
	}
	return Run(t.Context(), opt)
}

func TestReportStatesItsDenominator(t *testing.T) {
	rows := feedtest.Clips(shape, 9)
	rows[1].Label = 2 // green taken for blue's label: one mistake
	rows[3] = feedtest.Unreadable("clip3", "corrupt: planted")
	rows[4].Label = manifests.NoLabel
	report, err := run(t, rows, nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Videos != 9 || report.Evaluated != 7 || report.Unreadable != 1 || report.Unlabelled != 1 || report.Views != 8 {
		t.Errorf("%+v", report)
	}
	if m := report.Metrics; m.Clips != 7 || math.Abs(m.Top1-6.0/7) > 1e-12 || m.Confusion[2][1] != 1 {
		t.Errorf("top-1 %v of %d clips, confusion %v: want 6/7 and one blue taken for green", m.Top1, m.Clips, m.Confusion)
	}
	if len(report.Failures) != 1 || report.Failures[0].ID != "clip3" || report.Failures[0].Reason != "corrupt: planted" {
		t.Errorf("failures %v", report.Failures)
	}
	table := report.Table()
	for _, want := range []string{"top-1  85.71 %", "rates are over 7 of 9 videos; left out: 1 unreadable, 1 without a label", "blue", "green (1)"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
	path := filepath.Join(t.TempDir(), "report.json")
	if err := report.WriteJSON(path); err != nil {
		t.Fatal(err)
	}
	var stored Report
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &stored); err != nil || stored.Evaluated != 7 || stored.Metrics.Top1 != report.Metrics.Top1 {
		t.Errorf("stored report %+v (%v)", stored, err)
	}
}

// Two views of one video are averaged: by logits the strong one wins, by probabilities the saturated ones tie-break
// differently. All numbers follow from logits = colour/32.
func TestViewsAreAveraged(t *testing.T) {
	view := func(id string, n int32, r, g, b uint8) feedtest.Row {
		row := feedtest.Colour(shape, id, 0, r, g, b)
		row.View = n
		return row
	}
	rows := []feedtest.Row{
		view("a", 0, 255, 0, 0), view("a", 1, 0, 64, 0), view("a", 2, 0, 64, 0),
		view("b", 0, 64, 0, 0), {ID: "b", View: 1, Label: 0, Error: "truncated: planted"},
		{ID: "c", Label: 0, View: 0, Error: "missing: x"}, {ID: "c", View: 1, Label: 0, Error: "missing: y"},
	}
	for average, want := range map[string][]float64{
		Logits:        {255.0 / 32 / 3, 128.0 / 32 / 3, 0},
		Probabilities: nil,
	} {
		t.Run(average, func(t *testing.T) {
			seen := map[string][]float32{}
			report, err := run(t, rows, func(o *Options) {
				o.Average = average
				o.Batch = 2
				o.Video = func(id, _ string, _ int32, logits []float32) error {
					seen[id] = append([]float32(nil), logits...)
					return nil
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if report.Videos != 3 || report.Evaluated != 2 || report.Unreadable != 1 || report.PartlyRead != 1 || report.Views != 4 {
				t.Errorf("%+v: want 3 videos, 2 evaluated, 1 unreadable, 1 partly read, 4 views", report)
			}
			if want == nil {
				p := func(v float64) float64 { e := math.Exp(v / 32); return e / (e + 2) }
				q := func(v float64) float64 { return 1 / (math.Exp(v/32) + 2) }
				want = []float64{math.Log((p(255) + 2*q(64)) / 3), math.Log((q(255) + 2*p(64)) / 3), math.Log((q(255) + 2*q(64)) / 3)}
			}
			for c, w := range want {
				if math.Abs(float64(seen["a"][c])-w) > 1e-5 {
					t.Errorf("class %d of video a scores %v, want %v", c, seen["a"][c], w)
				}
			}
		})
	}
}

func TestRunRejects(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"average":     func(o *Options) { o.Average = "median" },
		"temperature": func(o *Options) { o.Temperature = -1 },
		"batch":       func(o *Options) { o.Batch = 0 },
		"classes": func(o *Options) {
			o.Data = feedtest.New(t, shape, []string{"a", "b", "c", "d"}, feedtest.Clips(shape, 3))
		},
	} {
		if _, err := run(t, feedtest.Clips(shape, 3), change); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	rows := feedtest.Clips(shape, 2)
	rows[1].ID = rows[0].ID
	if _, err := run(t, rows, nil); err == nil || !strings.Contains(err.Error(), "different labels") {
		t.Errorf("views with different labels: %v", err)
	}
}

func TestNothingToEvaluate(t *testing.T) {
	report, err := run(t, []feedtest.Row{feedtest.Unreadable("x", "missing: gone")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Evaluated != 0 || report.Metrics.Top1 != 0 || report.Unreadable != 1 {
		t.Errorf("%+v", report)
	}
}

// Clips of which a third is labelled wrongly cannot be scored with certainty: the fitted temperature is above 1 and
// lowers the calibration error.
func TestTemperatureIsFitted(t *testing.T) {
	rows := feedtest.Clips(shape, 90)
	for i := range rows {
		if i%3 == 0 {
			rows[i].Label = (rows[i].Label + 1) % 3
		}
	}
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	opt := Options{Backend: backend, Store: model.NewStore(), Network: feedtest.Colours{}, Data: feedtest.New(t, shape, feedtest.ColourClasses, rows), Batch: 8}
	temperature, err := FitTemperature(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	before, err := Run(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	opt.Temperature = temperature
	after, err := Run(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if temperature < 1.1 || after.Calibration >= before.Calibration || after.Metrics.Top1 != before.Metrics.Top1 {
		t.Errorf("temperature %v, calibration error %v then %v", temperature, before.Calibration, after.Calibration)
	}
}

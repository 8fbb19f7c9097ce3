package evaluate

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"padapter/models/metrics"
)

func TestMeanOverSplits(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i, top1 := range []float64{0.5, 0.6, 0.7} {
		path := filepath.Join(dir, string(rune('1'+i))+".json")
		r := &Report{Videos: 10, Evaluated: int64(10 - i), Unreadable: int64(i), Classes: []string{"a", "b"}, Metrics: metrics.Summary{Top1: top1, Top5: 1, MeanClass: top1 / 2}}
		if err := r.WriteJSON(path); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	m, err := MeanOf(paths)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(m.Top1.Mean-0.6) > 1e-12 || math.Abs(m.Top1.Deviation-0.1) > 1e-12 || math.Abs(m.MeanClass.Mean-0.3) > 1e-12 || m.Splits[2].Unreadable != 2 {
		t.Errorf("got %+v, want top-1 0.6 ± 0.1", m)
	}
	if text := m.Table(); !strings.Contains(text, "mean of 3") || !strings.Contains(text, "60.00 ± 10.00") {
		t.Errorf("table:\n%s", text)
	}
	other := filepath.Join(dir, "other.json")
	if err := (&Report{Evaluated: 1, Classes: []string{"c", "d"}}).WriteJSON(other); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.json")
	if err := new(Report).WriteJSON(empty); err != nil {
		t.Fatal(err)
	}
	for want, list := range map[string][]string{
		"other classes": {paths[0], other}, "named twice": {paths[0], paths[0]}, "0 evaluated": {empty}, "absent.json": {filepath.Join(dir, "absent.json")},
	} {
		if _, err := MeanOf(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want an error with %q", list, err, want)
		}
	}
}

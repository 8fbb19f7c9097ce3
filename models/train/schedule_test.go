package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// goldenDir finds the reference's numbers: PADAPTER_GOLDEN, or ../shared/golden beside the repository.
func goldenDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("PADAPTER_GOLDEN"); dir != "" {
		return dir
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			t.Fatal("no go.mod above the test's directory")
		}
		root = parent
	}
	dir := filepath.Join(root, "..", "shared", "golden")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no reference numbers at %s: set PADAPTER_GOLDEN", dir)
	}
	return dir
}

func TestScheduleGolden(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(goldenDir(t), "schedule_and_tables.json"))
	if err != nil {
		t.Skipf("no schedule table: %v", err)
	}
	var tables struct {
		Schedules []struct {
			Peak         float64   `json:"lr"`
			Min          float64   `json:"min_lr"`
			WarmupEpochs float64   `json:"warmup_epochs"`
			Epochs       float64   `json:"epochs"`
			Epoch        []float64 `json:"epoch"`
			Value        []float64 `json:"value"`
		} `json:"lr_schedule"`
	}
	if err := json.Unmarshal(data, &tables); err != nil {
		t.Fatal(err)
	}
	if len(tables.Schedules) == 0 {
		t.Fatal("the table holds no schedules")
	}
	for _, c := range tables.Schedules {
		s := schedule{Peak: c.Peak, Min: c.Min, Warmup: c.WarmupEpochs, Epochs: c.Epochs}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		for i, epoch := range c.Epoch {
			if got := s.Rate(epoch); math.Abs(got-c.Value[i]) > 1e-15 {
				t.Errorf("peak %v: rate at epoch %v = %v, the reference has %v", c.Peak, epoch, got, c.Value[i])
			}
		}
	}
}

func TestScheduleEdges(t *testing.T) {
	s := schedule{Peak: 1, Min: 0.1, Warmup: 0, Epochs: 4}
	if s.Rate(0) != 1 || s.Rate(4) != 0.1 || s.Rate(9) != 0.1 {
		t.Errorf("rates at 0, 4, 9: %v %v %v, want 1, 0.1, 0.1", s.Rate(0), s.Rate(4), s.Rate(9))
	}
	if all := (schedule{Peak: 1, Warmup: 3, Epochs: 3}); all.Rate(1.5) != 0.5 || all.Rate(3) != 0 {
		t.Errorf("all warm-up: rates %v and %v, want 0.5 and 0", all.Rate(1.5), all.Rate(3))
	}
	if got := peakRate(0.1, 64); got != 0.025 {
		t.Errorf("peak rate of base 0.1 at batch 64 = %v, want 0.025", got)
	}
	for _, bad := range []schedule{{Peak: -1, Epochs: 1}, {Peak: math.NaN(), Epochs: 1}, {Peak: 1}, {Peak: 1, Epochs: 2, Warmup: 3}, {Peak: 1, Min: math.Inf(1), Epochs: 1}} {
		if bad.Validate() == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

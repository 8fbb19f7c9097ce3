package vit

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestGoldenSinusoid compares position tables with the published code's.
func TestGoldenSinusoid(t *testing.T) {
	dir := os.Getenv("PADAPTER_GOLDEN")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "golden")
	}
	text, err := os.ReadFile(filepath.Join(dir, "schedule_and_tables.json"))
	if err != nil {
		t.Skipf("no golden data: set PADAPTER_GOLDEN to its folder (%v)", err)
	}
	type table struct {
		N, D int
		At   []int       `json:"row_index"`
		Rows [][]float32 `json:"rows"`
		Last [][]float32 `json:"last_4_columns"`
	}
	var golden struct {
		Small table `json:"sinusoid"`
		Large table `json:"sinusoid_large"`
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	for _, want := range []table{golden.Small, golden.Large} {
		got := sinusoid(want.N, want.D)
		if len(want.Rows) == 0 {
			t.Fatal("no rows")
		}
		for i, row := range want.Rows {
			at := i
			if want.At != nil {
				at = want.At[i]
			}
			check := func(column int, v float32) {
				if math.Abs(float64(got[at*want.D+column]-v)) > 1e-7 {
					t.Errorf("%d×%d, row %d, column %d: %g, want %g", want.N, want.D, at, column, got[at*want.D+column], v)
				}
			}
			for column, v := range row {
				check(column, v)
			}
			if want.Last != nil {
				for k, v := range want.Last[i] {
					check(want.D-len(want.Last[i])+k, v)
				}
			}
		}
	}
}

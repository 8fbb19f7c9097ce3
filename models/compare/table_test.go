package compare

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sampleRuns() []Run {
	return []Run{
		{Tuning: "padapter", Seed: 1, Rate: 0.1, Trained: 100, Total: 1000, Clips: 50, Top1: 0.80, Top5: 1, Mean: 0.79, Seconds: 10, Compile: 3, Memory: 3 << 20},
		{Tuning: "linear", Seed: 1, Trained: 10, Total: 910, Clips: 50, Top1: 0.5, Top5: 0.9, Mean: 0.5, Seconds: 2},
		{Tuning: "padapter", Seed: 2, Trained: 100, Total: 1000, Clips: 50, Top1: 0.90, Top5: 1, Mean: 0.89, Seconds: 12, Compile: 4, Memory: 5 << 20},
	}
}

func TestRowsAverageOverSeeds(t *testing.T) {
	table := New("target, 3 seeds", sampleRuns())
	if len(table.Rows) != 2 || table.Rows[0].Tuning != "padapter" || table.Rows[1].Tuning != "linear" {
		t.Fatalf("rows %+v", table.Rows)
	}
	p := table.Rows[0]
	if p.Runs != 2 || p.Share != 0.1 || math.Abs(p.Top1.Mean-0.85) > 1e-12 || math.Abs(p.Top1.Deviation-0.1/math.Sqrt2) > 1e-12 || p.Memory != 5<<20 || p.Seconds.Mean != 11 || p.Compile.Mean != 3.5 {
		t.Errorf("padapter: %+v, want mean 0.85 with deviation 0.0707, share 0.1, 5 MiB, 11 s and 3.5 s", p)
	}
	if l := table.Rows[1]; l.Top1.Deviation != 0 || l.Seconds.Mean != 2 {
		t.Errorf("linear: %+v", l)
	}
}

func TestForms(t *testing.T) {
	table := New("target", sampleRuns())
	if text := table.Text(); !strings.Contains(text, "85.00 ± 7.07") || !strings.Contains(text, "50.00 ") {
		t.Errorf("text:\n%s", text)
	}
	lines := strings.Split(strings.TrimSpace(table.Markdown()), "\n")
	if len(lines) != 6 || !strings.HasPrefix(lines[4], "| padapter | 100 | 10.00 | 0.1 | 2 | 85.00 ± 7.07 |") {
		t.Errorf("markdown:\n%s", table.Markdown())
	}
	for _, line := range lines[2:] {
		if strings.Count(line, "|") != len(header)+1 {
			t.Errorf("%q has not one cell for each heading", line)
		}
	}
	path := filepath.Join(t.TempDir(), "compare.json")
	if err := table.WriteJSON(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var back Table
	if err := json.Unmarshal(data, &back); err != nil || len(back.Runs) != 3 || back.Rows[0].Top1 != table.Rows[0].Top1 {
		t.Errorf("read back %+v (%v)", back, err)
	}
}

func TestTrialsAreOrderedByAccuracyThenLoss(t *testing.T) {
	low, high, calm := Trial{ValTop1: 0.5, ValLoss: 1}, Trial{ValTop1: 0.6, ValLoss: 3}, Trial{ValTop1: 0.6, ValLoss: 2}
	if !high.Better(low) || low.Better(high) || !calm.Better(high) || high.Better(calm) || calm.Better(calm) {
		t.Error("more clips right come first, then the lower loss")
	}
}

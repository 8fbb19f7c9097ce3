package metrics

import (
	"math"
	"strings"
	"testing"
)

func TestAgreement(t *testing.T) {
	totals := NewAgreementTotals(2)
	two := 2 * float32(math.Log(3)) // at temperature 2 the probabilities are 3/4 and 1/4
	totals.Add([]float32{two, 0}, []float32{two, 0}, 0)
	totals.Add([]float32{two, 0}, []float32{0, two}, 1)
	totals.Add([]float32{two, 0}, []float32{0.1, 0}, -1)
	got := totals.Agreement()
	small := 0.75 - 1/(1+math.Exp(-0.05))
	for name, pair := range map[string][2]float64{
		"equal": {got.EqualTop1, 2. / 3}, "largest": {got.LargestChange, 0.5}, "mean": {got.MeanChange, (0.5 + small) / 3},
		"top-1": {got.Top1, 0.5}, "against": {got.AgainstTop1, 1}, "temperature": {got.Temperature, 2},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-6 {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
	if got.Videos != 3 || got.Labelled != 2 {
		t.Errorf("%+v", got)
	}
	for _, want := range []string{"66.67 % of 3 videos", "0.5 at most", "50.00 % against 100.00 % of 2"} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func TestAgreementOfWhatIsNoNumber(t *testing.T) {
	nan := float32(math.NaN())
	totals := NewAgreementTotals(1)
	totals.Add([]float32{nan, 0}, []float32{0, 1}, -1)
	totals.Add([]float32{nan, 0}, []float32{0, nan}, -1)
	if got := totals.Agreement(); got.EqualTop1 != 0.5 || got.LargestChange != 1 || got.MeanChange != 0.5 {
		t.Errorf("%+v: one row breaks down in both, one in the first alone", got)
	}
	if got := NewAgreementTotals(1).Agreement(); got.Videos != 0 || got.EqualTop1 != 0 {
		t.Errorf("of no video: %+v", got)
	}
}

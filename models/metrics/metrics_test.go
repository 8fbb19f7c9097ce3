package metrics

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTopK(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name   string
		scores []float32
		k      int
		want   []int
	}{
		{"best first", []float32{0.1, 0.7, 0.2}, 2, []int{1, 2}},
		{"ties by index", []float32{1, 2, 2, 1}, 4, []int{1, 2, 0, 3}},
		{"k beyond the classes", []float32{3, 1}, 5, []int{0, 1}},
		{"NaN last", []float32{nan, -5, 0}, 3, []int{2, 1, 0}},
		{"none asked", []float32{1}, 0, []int{}},
		{"no scores", nil, 3, []int{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := TopK(c.scores, c.k); !slices.Equal(got, c.want) {
				t.Errorf("TopK(%v, %d) = %v, want %v", c.scores, c.k, got, c.want)
			}
		})
	}
}

func TestRankAgreesWithTopK(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		scores := make([]float32, 7)
		for i := range scores {
			scores[i] = float32(rng.IntN(4))
		}
		for place, class := range TopK(scores, len(scores)) {
			if got := rank(scores, class); got != place {
				t.Fatalf("rank(%v, %d) = %d, TopK places it at %d", scores, class, got, place)
			}
		}
	}
}

func TestSoftmaxSurvivesLargeLogits(t *testing.T) {
	p := Softmax([]float32{1000, 1000, -1000}, 1)
	if math.Abs(float64(p[0])-0.5) > 1e-6 || p[2] != 0 {
		t.Errorf("softmax of (1000, 1000, -1000) = %v, want (0.5, 0.5, 0)", p)
	}
	if got, want := CrossEntropy([]float32{0, 0, 0, 0}, 2, 1), math.Log(4); math.Abs(got-want) > 1e-12 {
		t.Errorf("cross-entropy of equal logits over 4 classes = %v, want log 4 = %v", got, want)
	}
	if got, want := Entropy([]float32{0.5, 0.5, 0}), math.Log(2); math.Abs(got-want) > 1e-7 {
		t.Errorf("entropy of a fair coin = %v, want log 2 = %v", got, want)
	}
}

func TestTallyByHand(t *testing.T) {
	totals, err := NewTotals(7)
	if err != nil {
		t.Fatal(err)
	}
	add := func(label int32, scores ...float32) {
		t.Helper()
		if err := totals.Add(scores, label); err != nil {
			t.Fatal(err)
		}
	}
	add(0, 9, 1, 2, 3, 4, 5, 6) // right
	add(0, 1, 9, 2, 3, 4, 5, 6) // class 0 is last: outside the five best
	add(1, 9, 8, 0, 0, 0, 0, 0) // second
	add(6, 0, 0, 0, 0, 0, 0, 1) // right
	s := totals.Summary()
	if s.Clips != 4 || s.Top1 != 0.5 || s.Top5 != 0.75 {
		t.Errorf("clips %d top1 %v top5 %v, want 4, 0.5, 0.75", s.Clips, s.Top1, s.Top5)
	}
	// Classes 0 (1 of 2), 1 (0 of 1) and 6 (1 of 1) occur.
	if got, want := s.MeanClass, (0.5+0+1)/3; math.Abs(got-want) > 1e-12 {
		t.Errorf("mean class accuracy %v, want %v", got, want)
	}
	if s.Confusion[0][1] != 1 || s.Confusion[0][0] != 1 || s.Confusion[1][0] != 1 || s.Confusion[6][6] != 1 {
		t.Errorf("confusion matrix %v", s.Confusion)
	}
	if err := totals.Add([]float32{1}, 0); err == nil {
		t.Error("a wrong number of scores was counted")
	}
	if err := totals.Add(make([]float32, 7), 7); err == nil {
		t.Error("a label outside the classes was counted")
	}
	if s.Confusion[0][0] = 100; totals.Summary().Confusion[0][0] != 1 {
		t.Error("the summary shares memory with the totals")
	}
}

func TestTemperatureRecoversTheScaleOfTheLogits(t *testing.T) {
	// Labels are drawn from softmax(l); the network reports 3·l, so it is overconfident and the best temperature is 3.
	rng := rand.New(rand.NewPCG(7, 7))
	clips := make([]Scored, 4000)
	for i := range clips {
		truth, reported := make([]float32, 5), make([]float32, 5)
		for c := range truth {
			truth[c] = float32(rng.NormFloat64() * 1.5)
			reported[c] = 3 * truth[c]
		}
		draw, label := rng.Float32(), 0
		for p := Softmax(truth, 1); label < 4 && draw >= p[label]; label++ {
			draw -= p[label]
		}
		clips[i] = Scored{Logits: reported, Label: int32(label)}
	}
	temperature, err := FitTemperature(clips)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(temperature-3) > 0.15 {
		t.Errorf("temperature %v, want about 3", temperature)
	}
	before, after := CalibrationError(clips, 1), CalibrationError(clips, temperature)
	if before < 0.1 || after > 0.03 {
		t.Errorf("calibration error %v before and %v after scaling, want above 0.1 and below 0.03", before, after)
	}
	if _, err := FitTemperature(nil); err == nil {
		t.Error("a temperature was fitted to nothing")
	}
}

func TestCalibrationErrorByHand(t *testing.T) {
	// Two clips at confidence 0.9, one of them right: |1 - 1.8| / 2 = 0.4.
	logit := float32(math.Log(9))
	clips := []Scored{{Logits: []float32{logit, 0}, Label: 0}, {Logits: []float32{logit, 0}, Label: 1}}
	if got := CalibrationError(clips, 1); math.Abs(got-0.4) > 1e-6 {
		t.Errorf("calibration error %v, want 0.4", got)
	}
	if got := CalibrationError(nil, 1); got != 0 {
		t.Errorf("calibration error of nothing is %v, want 0", got)
	}
}

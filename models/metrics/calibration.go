package metrics

import (
	"fmt"
	"math"
)

// Scored holds the logits [classes] and the true label of one clip.
type Scored struct {
	Logits []float32
	Label  int32
}

// calibrationBins is the usual number of equal confidence intervals of the expected calibration error
// (Guo et al., "On Calibration of Modern Neural Networks", 2017).
const calibrationBins = 15

// CalibrationError returns the expected calibration error at a temperature. Clips are grouped into 15 equal intervals
// of their highest probability. The error is the mean difference between accuracy and mean confidence over the
// intervals, weighted by their number of clips. It is 0 for no clips.
func CalibrationError(clips []Scored, temperature float64) float64 {
	var count, correct, confidence [calibrationBins]float64
	for _, clip := range clips {
		best := TopK(clip.Logits, 1)
		if len(best) == 0 {
			continue
		}
		p := float64(Softmax(clip.Logits, temperature)[best[0]])
		bin := min(max(int(math.Ceil(p*calibrationBins))-1, 0), calibrationBins-1)
		count[bin]++
		confidence[bin] += p
		if best[0] == int(clip.Label) {
			correct[bin]++
		}
	}
	total, sum := 0.0, 0.0
	for i := range count {
		total += count[i]
		sum += math.Abs(correct[i] - confidence[i])
	}
	if total == 0 {
		return 0
	}
	return sum / total
}

// The range that FitTemperature searches.
const (
	minTemperature = 0.05
	maxTemperature = 20
)

// FitTemperature returns the temperature in 0.05…20 that minimises the mean cross-entropy of the clips. It uses
// golden-section search over the logarithm of the temperature. Fit it on validation clips, never on the clips to be
// reported. It returns an error if there are no clips or a logit is not finite.
func FitTemperature(clips []Scored) (float64, error) {
	if len(clips) == 0 {
		return 0, fmt.Errorf("fit a temperature: no scored clips")
	}
	loss := func(logT float64) float64 {
		sum, temperature := 0.0, math.Exp(logT)
		for _, clip := range clips {
			sum += CrossEntropy(clip.Logits, int(clip.Label), temperature)
		}
		return sum
	}
	const section = 0.6180339887498949 // (√5 - 1) / 2
	low, high := math.Log(minTemperature), math.Log(maxTemperature)
	a, b := high-section*(high-low), low+section*(high-low)
	lossA, lossB := loss(a), loss(b)
	for high-low > 1e-4 {
		if lossA <= lossB {
			high, b, lossB = b, a, lossA
			a = high - section*(high-low)
			lossA = loss(a)
		} else {
			low, a, lossA = a, b, lossB
			b = low + section*(high-low)
			lossB = loss(b)
		}
	}
	temperature := math.Exp((low + high) / 2)
	if math.IsNaN(loss(math.Log(temperature))) {
		return 0, fmt.Errorf("fit a temperature: the logits hold non-finite values")
	}
	return temperature, nil
}

package metrics

import "math"

// logSumExp returns log Σ exp(logits[i]/temperature) in float64. It subtracts the largest logit first, so that it does
// not overflow.
func logSumExp(logits []float32, temperature float64) float64 {
	top := math.Inf(-1)
	for _, l := range logits {
		top = max(top, float64(l)/temperature)
	}
	if math.IsInf(top, -1) || math.IsNaN(top) {
		return top
	}
	sum := 0.0
	for _, l := range logits {
		sum += math.Exp(float64(l)/temperature - top)
	}
	return top + math.Log(sum)
}

// Softmax returns the probabilities exp(l/temperature) / Σ exp(l/temperature), [classes]. A temperature above 1
// flattens the distribution, one below 1 sharpens it.
func Softmax(logits []float32, temperature float64) []float32 {
	norm := logSumExp(logits, temperature)
	probabilities := make([]float32, len(logits))
	for i, l := range logits {
		probabilities[i] = float32(math.Exp(float64(l)/temperature - norm))
	}
	return probabilities
}

// CrossEntropy returns -log softmax(logits/temperature)[label] in nats.
func CrossEntropy(logits []float32, label int, temperature float64) float64 {
	return logSumExp(logits, temperature) - float64(logits[label])/temperature
}

// Entropy returns the entropy -Σ p·log p of a distribution in nats.
func Entropy(probabilities []float32) float64 {
	sum := 0.0
	for _, p := range probabilities {
		if p > 0 {
			sum -= float64(p) * math.Log(float64(p))
		}
	}
	return sum
}

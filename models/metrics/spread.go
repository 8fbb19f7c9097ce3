package metrics

import "math"

// Spread is a mean and the sample standard deviation (n - 1), which is 0 for one value.
type Spread struct {
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
}

// SpreadOf returns the Spread of values.
func SpreadOf(values []float64) Spread {
	var s Spread
	for _, v := range values {
		s.Mean += v / float64(len(values))
	}
	if len(values) < 2 {
		return s
	}
	sum := 0.0
	for _, v := range values {
		sum += (v - s.Mean) * (v - s.Mean)
	}
	s.Deviation = math.Sqrt(sum / float64(len(values)-1))
	return s
}

package train

import (
	"fmt"
	"math"
)

// referenceBatch is the batch size for which base learning rates are given.
const referenceBatch = 256

// peakRate returns the learning rate at the end of warm-up: baseRate × effectiveBatch / 256. effectiveBatch is the
// number of clips per optimizer step, on all devices together.
func peakRate(baseRate float64, effectiveBatch int) float64 {
	return baseRate * float64(effectiveBatch) / referenceBatch
}

// schedule is the learning rate schedule: linear from 0 to Peak over the first Warmup epochs, then half a cosine from
// Peak to Min at Epochs.
type schedule struct {
	Peak, Min      float64 // learning rates
	Warmup, Epochs float64 // in epochs, fractions allowed; Warmup 0 starts at Peak
}

// Validate returns an error if a field is out of range.
func (s schedule) Validate() error {
	switch {
	case !(s.Peak >= 0) || math.IsInf(s.Peak, 0):
		return fmt.Errorf("learning-rate schedule: peak rate %v, need a finite number of at least 0", s.Peak)
	case !(s.Min >= 0) || math.IsInf(s.Min, 0):
		return fmt.Errorf("learning-rate schedule: minimum rate %v, need a finite number of at least 0", s.Min)
	case !(s.Epochs > 0):
		return fmt.Errorf("learning-rate schedule: %v epochs, need more than 0", s.Epochs)
	case !(s.Warmup >= 0) || s.Warmup > s.Epochs:
		return fmt.Errorf("learning-rate schedule: %v warm-up epochs of %v, need 0…%v", s.Warmup, s.Epochs, s.Epochs)
	}
	return nil
}

// Rate returns the learning rate at a fractional epoch: epoch 2.5 is the middle of the third pass over the data. After
// the end it is Min.
func (s schedule) Rate(epoch float64) float64 {
	if epoch < s.Warmup {
		return s.Peak * epoch / s.Warmup
	}
	if epoch >= s.Epochs {
		return s.Min
	}
	return s.Min + (s.Peak-s.Min)*0.5*(1+math.Cos(math.Pi*(epoch-s.Warmup)/(s.Epochs-s.Warmup)))
}

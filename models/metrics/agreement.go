package metrics

import (
	"fmt"
	"math"
)

// Agreement is how a network's outputs, computed in one way, compare with those computed in another way from the same
// videos. The change of a video is the largest absolute difference between its two probabilities of a class.
type Agreement struct {
	Videos        int64   `json:"videos"`         // the denominator of the next three
	EqualTop1     float64 `json:"equal_top1"`     // share of videos with the same best class, in 0…1
	LargestChange float64 `json:"largest_change"` // of all videos, in 0…1
	MeanChange    float64 `json:"mean_change"`    // mean over the videos, in 0…1
	Temperature   float64 `json:"temperature"`    // that the logits were divided by

	Labelled    int64   `json:"labelled"`               // videos with a label, the denominator of the next two
	Top1        float64 `json:"top1,omitempty"`         // accuracy of the outputs, in 0…1
	AgainstTop1 float64 `json:"against_top1,omitempty"` // accuracy of those that they are compared with, in 0…1
}

// String is the agreement in one line for people.
func (a Agreement) String() string {
	text := fmt.Sprintf("the same best class for %.2f %% of %d videos; probabilities change by %.2g at most, %.2g on average",
		100*a.EqualTop1, a.Videos, a.LargestChange, a.MeanChange)
	if a.Labelled > 0 {
		text += fmt.Sprintf("; accuracy %.2f %% against %.2f %% of %d", 100*a.Top1, 100*a.AgainstTop1, a.Labelled)
	}
	return text
}

// AgreementTotals accumulates an Agreement.
type AgreementTotals struct {
	temperature              float64
	videos, equal            int64
	sum, largest             float64
	labelled, right, against int64
}

// NewAgreementTotals starts with no video. Logits are divided by the temperature, which must be above 0.
func NewAgreementTotals(temperature float64) *AgreementTotals {
	return &AgreementTotals{temperature: temperature}
}

// Add adds the two outputs for a video, logits of as many classes. A negative label stands for none. Where a logit is
// not finite in one of them alone, the best classes differ and the change is 1.
func (t *AgreementTotals) Add(logits, against []float32, label int32) {
	t.videos++
	best, other := TopK(logits, 1)[0], TopK(against, 1)[0]
	change := 0.0
	switch usable, otherUsable := finite(logits), finite(against); {
	case !usable && !otherUsable:
		t.equal++
	case usable != otherUsable:
		change = 1
	default:
		if best == other {
			t.equal++
		}
		p, q := Softmax(logits, t.temperature), Softmax(against, t.temperature)
		for class := range p {
			change = max(change, math.Abs(float64(p[class])-float64(q[class])))
		}
	}
	t.sum, t.largest = t.sum+change, max(t.largest, change)
	if label < 0 {
		return
	}
	t.labelled++
	if best == int(label) {
		t.right++
	}
	if other == int(label) {
		t.against++
	}
}

func finite(values []float32) bool {
	for _, v := range values {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}

// Agreement returns the result so far; all shares are 0 without a video.
func (t *AgreementTotals) Agreement() Agreement {
	videos, labelled := float64(max(1, t.videos)), float64(max(1, t.labelled))
	return Agreement{
		Videos: t.videos, EqualTop1: float64(t.equal) / videos, LargestChange: t.largest, MeanChange: t.sum / videos, Temperature: t.temperature,
		Labelled: t.labelled, Top1: float64(t.right) / labelled, AgainstTop1: float64(t.against) / labelled,
	}
}

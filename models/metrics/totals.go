package metrics

import "fmt"

// Totals accumulates the outcomes of an evaluation, one clip at a time.
type Totals struct {
	classes   int
	clips     int64
	top1      int64
	top5      int64
	loss      float64
	confusion [][]int64
	top5Class []int64
}

// NewTotals returns empty Totals for the given number of classes.
func NewTotals(classes int) (*Totals, error) {
	if classes < 1 {
		return nil, fmt.Errorf("count outcomes over %d classes: need at least 1", classes)
	}
	t := &Totals{classes: classes, confusion: make([][]int64, classes), top5Class: make([]int64, classes)}
	for i := range t.confusion {
		t.confusion[i] = make([]int64, classes)
	}
	return t, nil
}

// Add adds one clip. logits is [classes]; label is in [0, classes). It returns an error otherwise.
func (t *Totals) Add(logits []float32, label int32) error {
	if len(logits) != t.classes {
		return fmt.Errorf("count an outcome: got %d scores for %d classes", len(logits), t.classes)
	}
	if label < 0 || int(label) >= t.classes {
		return fmt.Errorf("count an outcome: label %d is outside 0…%d", label, t.classes-1)
	}
	t.clips++
	t.loss += CrossEntropy(logits, int(label), 1)
	t.confusion[label][TopK(logits, 1)[0]]++
	place := rank(logits, int(label))
	if place < 1 {
		t.top1++
	}
	if place < 5 {
		t.top5++
		t.top5Class[label]++
	}
	return nil
}

// Summary holds the results of Totals. Rates are in 0…1, and 0 if no clip was added.
type Summary struct {
	Clips     int64       `json:"clips"`      // the denominator of Top1, Top5 and Loss
	Top1      float64     `json:"top1"`       // fraction of clips whose best class is the true one
	Top5      float64     `json:"top5"`       // fraction of clips whose true class is among the five best
	MeanClass float64     `json:"mean_class"` // mean of the per-class top-1 rates, over classes that occur
	Loss      float64     `json:"loss"`       // mean cross-entropy in nats
	PerClass  []ClassRate `json:"per_class"`
	Confusion [][]int64   `json:"confusion"` // [true class][predicted class]
}

// ClassRate holds the results of one class.
type ClassRate struct {
	Class int     `json:"class"`
	Clips int64   `json:"clips"`
	Top1  float64 `json:"top1"`
	Top5  float64 `json:"top5"`
}

// Summary returns the results so far. It shares no memory with t.
func (t *Totals) Summary() Summary {
	s := Summary{Clips: t.clips, PerClass: make([]ClassRate, t.classes), Confusion: make([][]int64, t.classes)}
	if t.clips > 0 {
		s.Top1 = float64(t.top1) / float64(t.clips)
		s.Top5 = float64(t.top5) / float64(t.clips)
		s.Loss = t.loss / float64(t.clips)
	}
	occurring := 0
	for c, row := range t.confusion {
		s.Confusion[c] = append([]int64(nil), row...)
		rate := ClassRate{Class: c}
		for _, n := range row {
			rate.Clips += n
		}
		if rate.Clips > 0 {
			rate.Top1 = float64(row[c]) / float64(rate.Clips)
			rate.Top5 = float64(t.top5Class[c]) / float64(rate.Clips)
			s.MeanClass += rate.Top1
			occurring++
		}
		s.PerClass[c] = rate
	}
	if occurring > 0 {
		s.MeanClass /= float64(occurring)
	}
	return s
}

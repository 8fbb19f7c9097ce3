package evaluate

import (
	"fmt"

	"padapter/models/feed"
	"padapter/models/metrics"
)

// The ways to average the scores of a video's views.
const (
	Logits        = "logits"        // mean of the logits
	Probabilities = "probabilities" // logarithm of the mean softmax
)

// video accumulates the views of one id.
type video struct {
	id, uri string
	label   int32
	views   int // that were readable
	failed  int
	reason  string
	sum     []float64 // of logits or probabilities, [classes]
}

// merger groups consecutive rows with the same id into videos.
type merger struct {
	average string
	current *video
	emit    func(v *video, logits []float32) error
}

func newMerger(average string, emit func(*video, []float32) error) (*merger, error) {
	switch average {
	case "":
		average = Logits
	case Logits, Probabilities:
	default:
		return nil, fmt.Errorf("average views by %q: use %s or %s", average, Logits, Probabilities)
	}
	return &merger{average: average, emit: emit}, nil
}

// add adds one row; logits is nil if it could not be read.
func (m *merger) add(item feed.Item, logits []float32) error {
	if m.current == nil || m.current.id != item.ID {
		if err := m.flush(); err != nil {
			return err
		}
		m.current = &video{id: item.ID, uri: item.URI, label: item.Label}
	}
	v := m.current
	if logits == nil {
		v.failed++
		v.reason = item.Error
		return nil
	}
	if v.views > 0 && v.label != item.Label {
		return fmt.Errorf("average views of %s: they have different labels, %d and %d", v.id, v.label, item.Label)
	}
	v.label = item.Label
	v.views++
	if v.sum == nil {
		v.sum = make([]float64, len(logits))
	}
	scores := logits
	if m.average == Probabilities {
		scores = metrics.Softmax(logits, 1)
	}
	for c, s := range scores {
		v.sum[c] += float64(s)
	}
	return nil
}

// flush emits the current video.
func (m *merger) flush() error {
	v := m.current
	m.current = nil
	if v == nil {
		return nil
	}
	if v.views == 0 {
		return m.emit(v, nil)
	}
	logits := make([]float32, len(v.sum))
	for c, s := range v.sum {
		mean := s / float64(v.views)
		if m.average == Probabilities {
			mean = logOf(mean)
		}
		logits[c] = float32(mean)
	}
	return m.emit(v, logits)
}

package label

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"

	"padapter/models/feed"
	"padapter/models/infer"
	"padapter/models/metrics"
)

// labeller writes the labels of one network.
type labeller struct {
	Target
	predictor *infer.Predictor
	out       Writer
	summary   Summary
}

func newLabeller(backend compute.Backend, t Target) (*labeller, error) {
	if t.Temperature == 0 {
		t.Temperature = 1
	}
	if !(t.Temperature > 0) {
		return nil, fmt.Errorf("label: temperature %v, need more than 0", t.Temperature)
	}
	if a := t.Provenance.Abstain; !(a >= 0 && a <= 1) {
		return nil, fmt.Errorf("label: abstain below %v, need a score from 0 to 1", a)
	}
	if n := len(t.Provenance.Classes); n != t.Network.Classes() {
		return nil, fmt.Errorf("label: %d class names for a network of %d classes", n, t.Network.Classes())
	}
	predictor, err := infer.New(backend, t.Store, t.Network)
	if err != nil {
		return nil, fmt.Errorf("label: %w", err)
	}
	out, err := Create(t.Out, t.Provenance)
	if err != nil {
		predictor.Close()
		return nil, err
	}
	return &labeller{Target: t, predictor: predictor, out: out}, nil
}

// close publishes the file, or removes it when the run failed.
func (l *labeller) close(failed bool) error {
	l.predictor.Close()
	if failed {
		return l.out.Abort()
	}
	return l.out.Close()
}

func (l *labeller) write(b *feed.Batch) error {
	var logits [][]float32
	if b.Filled > 0 {
		var err error
		if logits, err = l.predictor.Logits(b); err != nil {
			return err
		}
	}
	for _, item := range b.Items {
		row := Row{ID: item.ID, URI: item.URI, Error: item.Error}
		var probabilities []float32
		l.summary.Rows++
		if item.Slot >= 0 {
			row.Frames, row.Seconds, row.Part, row.Error = item.Frames, item.Seconds, item.Part, ""
			probabilities = l.rank(&row, logits[item.Slot])
		}
		if item.Slot >= 0 && row.Error == "" {
			l.summary.Labelled++
		} else {
			l.summary.Failed++
		}
		if err := l.out.Write(row); err != nil {
			return err
		}
		if l.Observe != nil {
			if err := l.Observe(row, probabilities); err != nil {
				return err
			}
		}
	}
	return nil
}

// rank fills the labels of a row from its logits, or its error when these are no numbers, and returns the probabilities of
// all classes.
func (l *labeller) rank(row *Row, logits []float32) []float32 {
	for _, v := range logits {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			row.Error = fmt.Sprintf("model: the network returned the score %v", v)
			return nil
		}
	}
	probabilities := metrics.Softmax(logits, l.Temperature)
	row.Entropy = float32(metrics.Entropy(probabilities))
	for _, class := range metrics.TopK(probabilities, l.Provenance.TopK) {
		row.Labels = append(row.Labels, int32(class))
		row.Names = append(row.Names, l.Provenance.Classes[class])
		row.Scores = append(row.Scores, probabilities[class])
	}
	row.Abstain = float64(row.Scores[0]) < l.Provenance.Abstain
	return probabilities
}

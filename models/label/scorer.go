package label

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"

	"padapter/models/infer"
	"padapter/models/metrics"
)

// scorer runs one network.
type scorer struct {
	Target
	predictor *infer.Predictor
}

func newScorer(backend compute.Backend, t Target) (*scorer, error) {
	p := t.Provenance
	if !(p.Temperature > 0) {
		return nil, fmt.Errorf("temperature %v, need more than 0", p.Temperature)
	}
	if !(p.Abstain >= 0 && p.Abstain <= 1) {
		return nil, fmt.Errorf("abstain below %v, need a score from 0 to 1", p.Abstain)
	}
	if p.TopK < 1 {
		return nil, fmt.Errorf("top-k is %d, need at least 1", p.TopK)
	}
	if n := len(p.Classes); n != t.Network.Classes() {
		return nil, fmt.Errorf("%d class names for a network of %d classes", n, t.Network.Classes())
	}
	prepare := infer.New
	if p.Embedding > 0 {
		prepare = infer.NewEmbedding
	}
	predictor, err := prepare(backend, t.Store, t.Network)
	return &scorer{Target: t, predictor: predictor}, err
}

// rank fills in the labels of a row from its logits and returns the probabilities of all classes. If a logit is not
// finite, it sets the row's error instead.
func (s *scorer) rank(row *Row, logits []float32) []float32 {
	for _, v := range logits {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			*row = Row{ID: row.ID, URI: row.URI, Error: fmt.Sprintf("model: the network returned the score %v", v)}
			return nil
		}
	}
	probabilities := metrics.Softmax(logits, s.Provenance.Temperature)
	row.Entropy = float32(metrics.Entropy(probabilities))
	for _, class := range metrics.TopK(probabilities, s.Provenance.TopK) {
		row.Labels = append(row.Labels, int32(class))
		row.Names = append(row.Names, s.Provenance.Classes[class])
		row.Scores = append(row.Scores, probabilities[class])
	}
	row.Abstain = float64(row.Scores[0]) < s.Provenance.Abstain
	return probabilities
}

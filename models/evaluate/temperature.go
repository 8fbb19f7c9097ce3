package evaluate

import (
	"context"
	"fmt"
	"slices"

	"padapter/models/metrics"
)

// FitTemperature evaluates the data and returns the temperature that minimises the cross-entropy, see
// metrics.FitTemperature. The data should be validation clips, never the clips to be reported.
func FitTemperature(ctx context.Context, opt Options) (float64, error) {
	var scored []metrics.Scored
	video := opt.Video
	opt.Video = func(id, uri string, label int32, logits []float32) error {
		scored = append(scored, metrics.Scored{Logits: slices.Clone(logits), Label: label})
		if video != nil {
			return video(id, uri, label, logits)
		}
		return nil
	}
	if _, err := Run(ctx, opt); err != nil {
		return 0, err
	}
	temperature, err := metrics.FitTemperature(scored)
	if err != nil {
		return 0, fmt.Errorf("evaluate: %w", err)
	}
	return temperature, nil
}

package compare

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"padapter/manifests/recipe"
	table "padapter/models/compare"
	"padapter/models/train"
)

// chooseRate trains the recipe once at each of the rates and leaves the best one in it: the highest validation top-1
// of a run's best epoch, then the lowest loss there. A rate at which training breaks down is out of the running.
func (c *comparison) chooseRate(ctx context.Context, r *recipe.Recipe) ([]table.Trial, error) {
	var trials []table.Trial
	best := -1
	for _, rate := range c.Rates {
		trial := *r
		trial.Train.BaseLR, trial.Train.MinLR, trial.Train.Seed = rate, min(r.Train.MinLR, rate), uint64(c.RateSeed)
		result, err := c.learn(ctx, &trial, filepath.Join(c.Out, "rates", fmt.Sprintf("%s-%g", r.Name, rate)))
		t := table.Trial{Tuning: r.Name, Rate: rate, Seed: trial.Train.Seed}
		var broken *train.NonFiniteError
		switch {
		case errors.As(err, &broken):
			t.Failed = err.Error()
		case err != nil:
			return nil, fmt.Errorf("rate %g: %w", rate, err)
		default:
			t.ValTop1, t.ValLoss = result.ValTop1, result.ValLoss
			if best < 0 || t.Better(trials[best]) {
				best = len(trials)
			}
		}
		c.Observer.Note("%s at rate %g: validation top-1 %.2f %%", r.Name, rate, 100*t.ValTop1)
		trials = append(trials, t)
	}
	if len(trials) == 0 {
		return nil, nil
	}
	if best < 0 {
		return nil, fmt.Errorf("training broke down at all of the rates %v: %s", c.Rates, trials[0].Failed)
	}
	trials[best].Chosen = true
	r.Train.BaseLR, r.Train.MinLR = trials[best].Rate, min(r.Train.MinLR, trials[best].Rate)
	return trials, nil
}

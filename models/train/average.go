package train

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// averageScope is the scope of the moving averages of the trained weights.
const averageScope = "/average"

// average keeps an exponential moving average (EMA) of every trained weight: a ← d·a + (1 - d)·w after each step, with
// d = min(decay, (1 + step)/(10 + step)), which forgets the initial values quickly. Averages stay on the device.
type average struct {
	decay    float64
	trained  []*model.Variable
	averages []*model.Variable
}

// newAverage creates the averages as copies of the weights, unless they exist already.
func newAverage(store *model.Store, trained []*model.Variable, decay float64) (*average, error) {
	a := &average{decay: decay, trained: trained}
	for _, v := range trained {
		path := averageScope + v.Path()
		mean := store.GetVariable(path)
		if mean == nil {
			value, err := v.Value()
			if err != nil {
				return nil, fmt.Errorf("average %s: %w", v.Path(), err)
			}
			start, err := value.LocalClone()
			if err != nil {
				return nil, fmt.Errorf("average %s: %w", v.Path(), err)
			}
			if mean, err = store.CreateVariable(path, start); err != nil {
				return nil, fmt.Errorf("average %s: %w", v.Path(), err)
			}
			mean.SetTrainable(false)
		}
		a.averages = append(a.averages, mean)
	}
	return a, nil
}

// decayAt returns the decay of a step, counted from 1.
func (a *average) decayAt(step int64) float64 {
	return min(a.decay, float64(1+step)/float64(10+step))
}

// update adds the weights' new values to the averages.
func (a *average) update(decay *graph.Node) {
	for i, v := range a.trained {
		old, fresh := a.averages[i].NodeValue(decay), v.NodeValue(decay)
		a.averages[i].SetNodeValue(graph.Add(graph.Mul(old, decay), graph.Mul(fresh, graph.OneMinus(decay))))
	}
}

// during replaces the weights by their averages while do runs.
func (a *average) during(do func() error) error {
	if a == nil {
		return do()
	}
	if err := a.swap(); err != nil {
		return err
	}
	return errors.Join(do(), a.swap())
}

func (a *average) swap() error {
	for i, v := range a.trained {
		if err := exchange(v, a.averages[i]); err != nil {
			return fmt.Errorf("swap averages: %w", err)
		}
	}
	return nil
}

// exchange gives each of two variables the other's values.
func exchange(x, y *model.Variable) error {
	ofX, err := x.Value()
	if err != nil {
		return err
	}
	ofY, err := y.Value()
	if err != nil {
		return err
	}
	if x.ShardingSpec() == nil {
		return errors.Join(x.SetValuePreservingOld(ofY), y.SetValuePreservingOld(ofX))
	}
	// On several devices Value is a copy that belongs to the variable. SetValue frees it, and what the devices hold.
	copyX, err := ofX.LocalClone()
	if err != nil {
		return err
	}
	copyY, err := ofY.LocalClone()
	if err != nil {
		return err
	}
	return errors.Join(x.SetValue(copyY), y.SetValue(copyX))
}

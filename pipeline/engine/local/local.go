// Package local runs units in this process.
package local

import (
	"context"
	"fmt"

	"github.com/sourcegraph/conc/pool"

	"padapter/pipeline"
)

// Engine runs units in order of their list, some at a time. The first failure stops the others.
type Engine struct {
	Parallel int // units at once; 0 stands for 1
}

var _ pipeline.Engine = Engine{}

// Run runs the units and waits for those that have started.
func (e Engine) Run(ctx context.Context, work pipeline.Work) (pipeline.Totals, error) {
	aggregator := &pipeline.ProgressAggregator{Watch: work.Watch}
	tasks := pool.New().WithMaxGoroutines(max(1, e.Parallel)).WithContext(ctx).WithCancelOnError().WithFirstError()
	for _, unit := range work.Units {
		if ctx.Err() != nil {
			break
		}
		tasks.Go(func(ctx context.Context) error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			result, err := pipeline.Complete(ctx, work.Job, unit, func(now pipeline.Progress) { aggregator.Progress(unit, now) })
			if err != nil {
				return fmt.Errorf("unit %d: %w", unit.Number, err)
			}
			aggregator.Done(unit, result)
			return nil
		})
	}
	if err := tasks.Wait(); err != nil {
		return aggregator.Totals(), err
	}
	return aggregator.Totals(), context.Cause(ctx)
}

// Package jobstest has an engine for tests of jobs.
package jobstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"padapter/pipeline"
)

// Elsewhere does units as a process does that did not begin the job: it knows of it what the specification says as JSON.
type Elsewhere struct {
	Open pipeline.Opener
}

var _ pipeline.Engine = Elsewhere{}

// Run opens the job, if there is anything to do, and does all units.
func (e Elsewhere) Run(ctx context.Context, work pipeline.Work) (totals pipeline.Totals, err error) {
	if len(work.Units) == 0 {
		return totals, nil
	}
	spec, err := json.Marshal(work.Spec)
	if err != nil {
		return totals, err
	}
	job, err := e.Open(ctx, spec)
	if err != nil {
		return totals, err
	}
	defer func() { err = errors.Join(err, job.Close()) }()
	if here, there := work.Job.Settings(), job.Settings(); here != there {
		return totals, fmt.Errorf("the settings are %s where the job began and %s elsewhere", here, there)
	}
	for _, unit := range work.Units {
		result, err := pipeline.Complete(ctx, job, unit, func(pipeline.Progress) {})
		if err != nil {
			return totals, fmt.Errorf("unit %d: %w", unit.Number, err)
		}
		totals.Add(result)
	}
	return totals, nil
}

package pipeline

import (
	"context"
	"encoding/json"
)

// Unit is a part of a job that is done wholly or not at all, such as the records that make one shard.
type Unit struct {
	Number int `json:"number"` // from 0; also the shard's
	First  int `json:"first"`  // first record of the job's list
	Count  int `json:"count"`  // records
}

// Result is what a unit came to.
type Result struct {
	Rows   int    `json:"rows"`
	Errors int    `json:"errors"` // rows with an error
	Bytes  int64  `json:"bytes"`
	Kept   bool   `json:"kept"`   // it was done before
	Counts Counts `json:"counts"` // of what was done for it now
}

// Job does the units of one job and keeps their results in a store that all its processes reach: a folder of shards, or of
// segments. The same code runs in the process that began the job and in those that take units from an engine. Several
// calls may run at once, until Close.
type Job interface {
	// Settings is the hash of all that decides the bytes of results. A store holds results of one such hash.
	Settings() string
	// Stored returns the result of a unit that the store holds whole.
	Stored(ctx context.Context, u Unit) (result Result, ok bool, err error)
	// Do makes the results of a unit and commits them to the store. report may be called with how far the unit is.
	Do(ctx context.Context, u Unit, report func(Progress)) (Result, error)
	Close() error
}

// Opener makes a process ready for a job that another one began, whose Work.Spec comes as JSON. An error that trying again
// cannot mend is Permanent.
type Opener func(ctx context.Context, spec json.RawMessage) (Job, error)

// Complete is how engines do a unit: what the store holds is kept, all else is made.
func Complete(ctx context.Context, job Job, u Unit, report func(Progress)) (Result, error) {
	result, ok, err := job.Stored(ctx, u)
	if err != nil {
		return Result{}, err
	}
	if result.Kept = ok; ok {
		return result, nil
	}
	return job.Do(ctx, u, report)
}

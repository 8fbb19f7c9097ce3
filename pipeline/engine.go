package pipeline

import (
	"context"
	"errors"
)

// Unit is a part of a job that is done wholly or not at all: the records that make one shard.
type Unit struct {
	Number int `json:"number"` // from 0; also the shard's
	First  int `json:"first"`  // first record of the manifest
	Count  int `json:"count"`  // records
}

// Work is a job cut into units.
type Work struct {
	Kind  string // of job, such as KindPreprocess: it names the code that does a unit, in whatever process
	Spec  any    // what that code is told about the job in another process: little plain data that JSON takes
	Units []Unit

	// Do does a unit in this process. Several calls may run at once. report may be called with how far the unit is.
	Do func(ctx context.Context, u Unit, report func(Progress)) (Result, error)
	// Watch is told now and then, by one call at a time, what has been done; it may be nil.
	Watch func(Tally)
}

// Result is what a unit came to.
type Result struct {
	Rows   int    `json:"rows"`
	Errors int    `json:"errors"` // rows with an error
	Bytes  int64  `json:"bytes"`
	Kept   bool   `json:"kept"`   // it was done before
	Counts Counts `json:"counts"` // of what was done for it now
}

// Engine runs work. It may run several units at once and in any order, in this process or in others, and do a unit again
// that failed if its kind is to retry. It returns when all is done, or when one has failed for good and the others have
// stopped; the error names the unit. The tally is of what has been done in either case.
type Engine interface {
	Run(ctx context.Context, work Work) (Tally, error)
}

// permanentError is an error that doing the same again cannot mend.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent says of an error that doing the same again gives it again, on every machine; engines do not retry it.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

// IsPermanent reports whether a part of an error is Permanent's.
func IsPermanent(err error) bool {
	var p permanentError
	return errors.As(err, &p)
}

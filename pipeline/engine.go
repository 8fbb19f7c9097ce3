package pipeline

import (
	"context"
	"errors"
)

// Work is a job cut into units, in the process that began it.
type Work struct {
	Kind  string // of job, such as KindPreprocess: it names the Opener in other processes
	Spec  any    // what that is told: little plain data that JSON takes
	Job   Job    // stays the caller's to close
	Units []Unit

	// Watch is told now and then, by one call at a time, what has been done; it may be nil.
	Watch func(Totals)
}

// Engine runs work. It may run several units at once and in any order, in this process or in others, and do a unit again
// that failed if its kind is to retry. It returns when all is done, or when one has failed for good and the others have
// stopped; the error names the unit. The totals are of what has been done in either case.
type Engine interface {
	Run(ctx context.Context, work Work) (Totals, error)
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

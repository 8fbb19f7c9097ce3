package pipeline

import "context"

// Unit is a part of a job that is done wholly or not at all: the records that make one shard.
type Unit struct {
	Number int // from 0; also the shard's
	First  int // first record of the manifest
	Count  int // records
}

// Engine runs units. It may run several at once and in any order, and it calls do again for a unit that failed if its
// kind is to retry. It returns when all is done or failed; the error names the unit.
type Engine interface {
	Run(ctx context.Context, units []Unit, do func(context.Context, Unit) error) error
}

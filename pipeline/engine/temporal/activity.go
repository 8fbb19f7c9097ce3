package temporal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	sdk "go.temporal.io/sdk/temporal"

	"padapter/pipeline"
)

// errStopping is why a unit ends whose worker has no more time for it.
var errStopping = errors.New("the worker is shutting down")

// activities are a worker's units.
type activities struct {
	jobs  *jobs
	drain time.Duration // after the worker was told to stop, for units to end in
}

// do is the activity.
func (a *activities) do(ctx context.Context, in unitInput) (result pipeline.Result, err error) {
	log := activity.GetLogger(ctx)
	log.Info("unit starts", "unit", in.Unit.Number)
	ctx, cancel := context.WithCancelCause(ctx)
	b := &beat{ctx: ctx, every: activity.GetInfo(ctx).HeartbeatTimeout / 5}
	var side sync.WaitGroup
	side.Go(b.run)
	side.Go(func() { a.stopLate(ctx, cancel) })
	defer side.Wait()
	defer cancel(nil)
	j, release, err := a.jobs.acquire(ctx, in.Kind, in.Spec)
	if err == nil {
		defer release()
		result, err = complete(ctx, j, in, b.set)
	}
	switch {
	case err == nil:
		log.Info("unit is done", "unit", in.Unit.Number, "rows", result.Rows, "errors", result.Errors, "kept", result.Kept)
		return result, nil
	case pipeline.IsPermanent(err):
		return result, sdk.NewNonRetryableApplicationError(err.Error(), permanentType, nil)
	case errors.Is(context.Cause(ctx), errStopping):
		return result, sdk.NewApplicationErrorWithOptions(errStopping.Error(), "stopping", sdk.ApplicationErrorOptions{NextRetryDelay: time.Millisecond})
	case ctx.Err() != nil:
		return result, ctx.Err() // what the server asked for
	}
	return result, sdk.NewApplicationError(err.Error(), "failed")
}

// complete does a unit, if this process would make the results that the job was begun for.
func complete(ctx context.Context, j pipeline.Job, in unitInput, report func(pipeline.Progress)) (pipeline.Result, error) {
	if settings := j.Settings(); in.Settings != "" && settings != in.Settings {
		return pipeline.Result{}, pipeline.Permanent(fmt.Errorf("this worker would make other results (%.12s…) than the job was begun for (%.12s…)", settings, in.Settings))
	}
	return pipeline.Complete(ctx, j, in.Unit, report)
}

// stopLate ends a unit that goes on too long after the worker was told to stop.
func (a *activities) stopLate(ctx context.Context, cancel context.CancelCauseFunc) {
	select {
	case <-ctx.Done():
		return
	case <-activity.GetWorkerStopChannel(ctx):
	}
	select {
	case <-ctx.Done():
	case <-time.After(a.drain):
		cancel(errStopping)
	}
}

// beat tells the server that a unit is alive, and how far it is.
type beat struct {
	ctx   context.Context
	every time.Duration

	mu  sync.Mutex
	now pipeline.Progress
}

func (b *beat) set(now pipeline.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = now
}

func (b *beat) run() {
	if b.every <= 0 {
		return
	}
	tick := time.NewTicker(b.every)
	defer tick.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-tick.C:
			b.mu.Lock()
			now := b.now
			b.mu.Unlock()
			activity.RecordHeartbeat(b.ctx, now)
		}
	}
}

// keptJobs is how many jobs a worker keeps open without a unit under way.
const keptJobs = 2

// jobs are those that a worker has open. A manifest is read once for many units.
type jobs struct {
	kinds map[string]pipeline.Opener

	mu   sync.Mutex
	open map[string]*openJob
	uses int // of all jobs so far
}

type openJob struct {
	ready sync.Mutex   // held while the job is being opened
	job   pipeline.Job //  nil until it is open
	users int
	last  int // number of the last use
}

func newJobs(kinds map[string]pipeline.Opener) *jobs {
	return &jobs{kinds: kinds, open: map[string]*openJob{}}
}

// acquire returns a job, opened if need be. release is to be called after its use.
func (s *jobs) acquire(ctx context.Context, kind string, spec json.RawMessage) (j pipeline.Job, release func(), err error) {
	open, ok := s.kinds[kind]
	if !ok {
		return nil, nil, pipeline.Permanent(fmt.Errorf("this worker does no jobs of kind %q: start workers of the same version as the program that began the job", kind))
	}
	key := kind + " " + string(spec)
	s.mu.Lock()
	o := s.open[key]
	if o == nil {
		o = &openJob{}
		s.open[key] = o
	}
	o.users++
	s.mu.Unlock()
	release = func() { s.release(key, o) }
	o.ready.Lock()
	defer o.ready.Unlock()
	if o.job == nil {
		if o.job, err = open(ctx, spec); err != nil {
			o.job = nil
			release()
			return nil, nil, err
		}
	}
	return o.job, release, nil
}

// release ends a use, and closes the jobs that are idle for longest if they are too many.
func (s *jobs) release(key string, o *openJob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.users--
	s.uses++
	o.last = s.uses
	if o.users == 0 && o.job == nil && s.open[key] == o {
		delete(s.open, key)
	}
	s.trim(keptJobs)
}

// trim needs s.mu held.
func (s *jobs) trim(keep int) {
	for {
		idle, oldest := 0, ""
		for key, o := range s.open {
			if o.users > 0 {
				continue
			}
			idle++
			if oldest == "" || o.last < s.open[oldest].last {
				oldest = key
			}
		}
		if idle <= keep {
			return
		}
		s.open[oldest].job.Close() // it has been read from only
		delete(s.open, oldest)
	}
}

// close closes the idle jobs, which are all of them once the worker has stopped.
func (s *jobs) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trim(0)
}

package temporal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"padapter/pipeline"
)

// WorkerOptions say what a worker does.
type WorkerOptions struct {
	Queue string                     // task queue, one for each kind of device
	Kinds map[string]pipeline.Opener // jobs that it can do
	Units int                        // at once; 0 stands for 2
	Drain time.Duration              // after the context has ended, for units under way to end in; 0 gives them up at once
	Name  string                     // of the worker in the server's lists; empty stands for process and machine
}

// beatAtMost is the longest that the client holds back a heartbeat: progress and cancellations travel with them.
const beatAtMost = 2 * time.Second

// stuckAfter is when a step of the workflow counts as stuck. Decoders leave it little processor time.
const stuckAfter = 10 * time.Second

// Serve does units until the context ends; then it takes no more, and returns once those under way have ended or were
// given up, which another worker then does anew.
func Serve(ctx context.Context, c client.Client, opt WorkerOptions) error {
	if opt.Queue == "" || len(opt.Kinds) == 0 || opt.Units < 0 || opt.Drain < 0 {
		return fmt.Errorf("serve: queue %q, %d kinds of job, %d units at once, %s to drain: a queue and a kind are needed, nothing is negative", opt.Queue, len(opt.Kinds), opt.Units, opt.Drain)
	}
	units := opt.Units
	if units == 0 {
		units = 2
	}
	failed := make(chan error, 1)
	w := worker.New(c, opt.Queue, worker.Options{
		MaxConcurrentActivityExecutionSize: units,
		MaxConcurrentActivityTaskPollers:   min(units, 2),
		MaxHeartbeatThrottleInterval:       beatAtMost,
		DefaultHeartbeatThrottleInterval:   beatAtMost,
		WorkerStopTimeout:                  opt.Drain + 10*time.Second, // the second part for giving up
		Identity:                           opt.Name,
		DisableRegistrationAliasing:        true,
		DeadlockDetectionTimeout:           stuckAfter,
		OnFatalError: func(err error) {
			select {
			case failed <- err:
			default:
			}
		},
	})
	a := &activities{jobs: newJobs(opt.Kinds), drain: opt.Drain}
	defer a.jobs.close()
	w.RegisterWorkflowWithOptions(runJob, workflow.RegisterOptions{Name: workflowName})
	w.RegisterActivityWithOptions(a.do, activity.RegisterOptions{Name: activityName})
	if err := w.Start(); err != nil {
		return fmt.Errorf("start worker on queue %s: %w", opt.Queue, err)
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("worker on queue %s: %w", opt.Queue, err)
	}
	w.Stop()
	if err == nil && !errors.Is(context.Cause(ctx), context.Canceled) {
		err = context.Cause(ctx)
	}
	return err
}

package temporal

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"padapter/pipeline"
)

// The names under which workers and the server know the workflow and its parts. A change to the workflow that replays
// the histories of older programs differently needs a new name.
const (
	workflowName = "padapter.job.v1"
	activityName = "padapter.unit.v1"
	totalsQuery  = "tally"
)

// permanentType is the type of an application error that is not retried.
const permanentType = "permanent"

// jobInput is what a run of the workflow starts from.
type jobInput struct {
	Kind     string          `json:"kind"`
	Spec     json.RawMessage `json:"spec"`
	Settings string          `json:"settings,omitempty"` // pipeline.Job.Settings of the process that began the job
	Left     []span          `json:"left"`
	Totals   pipeline.Totals `json:"tally"` // of earlier runs
	Limits   limits          `json:"limits"`
}

// limits are how a job's units are run.
type limits struct {
	AtOnce    int           `json:"at_once"`   // units handed out
	PerRun    int           `json:"per_run"`   // units of one run of the workflow
	Attempts  int32         `json:"attempts"`  // at a unit; 0 is no limit
	Heartbeat time.Duration `json:"heartbeat"` // silence after which a unit is given to another worker
	Unit      time.Duration `json:"unit"`      // longest that one attempt may take
	Backoff   time.Duration `json:"backoff"`   // before the second attempt; it doubles
	Pause     time.Duration `json:"pause"`     // longest pause between attempts
}

// unitInput is the description of one unit.
type unitInput struct {
	Kind     string          `json:"kind"`
	Spec     json.RawMessage `json:"spec"`
	Settings string          `json:"settings,omitempty"`
	Unit     pipeline.Unit   `json:"unit"`
}

// job is the state of one run of the workflow.
type job struct {
	jobInput
	given, waiting int // units of this run; those of them that are not done
	failed         error
}

// runJob is the workflow.
func runJob(ctx workflow.Context, in jobInput) (pipeline.Totals, error) {
	j := &job{jobInput: in}
	if err := workflow.SetQueryHandler(ctx, totalsQuery, func() (pipeline.Totals, error) { return j.Totals, nil }); err != nil {
		return j.Totals, err
	}
	units, stop := workflow.WithCancel(workflow.WithActivityOptions(ctx, in.Limits.options()))
	defer stop()
	selector := workflow.NewSelector(ctx)
	for {
		for j.wants(ctx) {
			j.give(units, selector, stop)
		}
		if j.waiting == 0 {
			break
		}
		selector.Select(ctx) // goes on when the job is cancelled, which cancels the activities; they are waited for
	}
	switch {
	case j.failed != nil:
		return j.Totals, j.failed
	case ctx.Err() != nil:
		return j.Totals, ctx.Err()
	case len(j.Left) > 0:
		return j.Totals, workflow.NewContinueAsNewError(ctx, workflowName, j.jobInput)
	}
	return j.Totals, nil
}

func (l limits) options() workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: l.Unit, HeartbeatTimeout: l.Heartbeat, WaitForCancellation: true,
		RetryPolicy: &sdk.RetryPolicy{
			InitialInterval: l.Backoff, BackoffCoefficient: 2, MaximumInterval: l.Pause, MaximumAttempts: l.Attempts,
			NonRetryableErrorTypes: []string{permanentType},
		},
	}
}

// wants reports whether another unit is to be handed out now.
func (j *job) wants(ctx workflow.Context) bool {
	full := j.given >= j.Limits.PerRun || (j.given > 0 && workflow.GetInfo(ctx).GetContinueAsNewSuggested())
	return j.failed == nil && ctx.Err() == nil && len(j.Left) > 0 && j.waiting < j.Limits.AtOnce && !full
}

// give hands out the next unit.
func (j *job) give(ctx workflow.Context, selector workflow.Selector, stop workflow.CancelFunc) {
	var unit pipeline.Unit
	unit, j.Left, _ = next(j.Left)
	j.given++
	j.waiting++
	selector.AddFuture(workflow.ExecuteActivity(ctx, activityName, unitInput{Kind: j.Kind, Spec: j.Spec, Settings: j.Settings, Unit: unit}), func(f workflow.Future) {
		j.waiting--
		var result pipeline.Result
		err := f.Get(ctx, &result)
		if err == nil {
			j.Totals.Add(result)
			return
		}
		var canceled *sdk.CanceledError
		if j.failed == nil && !errors.As(err, &canceled) {
			j.failed = failure(unit, err)
			stop()
		}
	})
}

// failure says of a unit why it failed for good.
func failure(unit pipeline.Unit, err error) error {
	kind, cause := "failed", err
	var application *sdk.ApplicationError
	var timeout *sdk.TimeoutError
	switch {
	case errors.As(err, &application):
		kind, cause = application.Type(), errors.New(application.Message())
	case errors.As(err, &timeout):
		cause = fmt.Errorf("no worker has finished it (%s); see the workers' logs", timeout.Message())
	}
	return sdk.NewNonRetryableApplicationError(fmt.Sprintf("unit %d: %v", unit.Number, cause), kind, nil)
}

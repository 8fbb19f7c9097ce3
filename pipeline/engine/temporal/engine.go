package temporal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"padapter/pipeline"
)

// Engine runs work on the workers of a task queue. Zero fields stand for defaults.
type Engine struct {
	Client client.Client
	Queue  string // task queue; it must be given

	atOnce       int           // most units handed out at once; 256. Fewer than workers do at once leaves some idle
	perRun       int           // most units of one run of the workflow; 1000
	Attempts     int           // most attempts at a unit, those of workers that died included; 20. Negative is no limit
	heartbeat    time.Duration // silence of a worker after which its units are given to others; 20 s
	unit         time.Duration // longest that one attempt may take; 48 h
	backoff      time.Duration // before the second attempt at a unit; 1 s. It doubles, up to a minute
	poll         time.Duration // between looks at how far the work is; 1 s
	stallTimeout time.Duration // with a server that does not answer; 10 min

	Note func(string) // told what a person may want to know: no workers, failed attempts, a silent server; may be nil
}

var _ pipeline.Engine = Engine{}

// Run starts the job's workflow, or joins it if it is under way, and waits for its end. When ctx ends it cancels the
// workflow and waits until workers have let go of its units. A Run that dies leaves the workflow to go on; the next one
// joins it. The units are done by the workers, which open
// the job themselves; of work.Job the settings count.
func (e Engine) Run(ctx context.Context, work pipeline.Work) (pipeline.Totals, error) {
	if e.Client == nil || e.Queue == "" || work.Job == nil {
		return pipeline.Totals{}, errors.New("temporal engine: a client, a queue and a job are needed")
	}
	if len(work.Units) == 0 {
		return pipeline.Totals{}, context.Cause(ctx)
	}
	e = e.withDefaults()
	spec, err := json.Marshal(work.Spec)
	if err != nil {
		return pipeline.Totals{}, fmt.Errorf("describe the job to workers: %w", err)
	}
	in := jobInput{Kind: work.Kind, Spec: spec, Settings: work.Job.Settings(), Left: spansOf(work.Units), Limits: e.limits()}
	for {
		totals, err := e.follow(ctx, in, work.Watch)
		var canceled *sdk.CanceledError
		if !errors.As(err, &canceled) || ctx.Err() != nil {
			return totals, err
		}
		// Not by this call: an earlier one was being cancelled when this one joined it.
		e.note("an earlier run of this job was cancelled; starting anew")
	}
}

func (e Engine) withDefaults() Engine {
	e.atOnce, e.perRun = or(e.atOnce, 256), or(e.perRun, 1000)
	e.Attempts = or(e.Attempts, 20)
	e.heartbeat, e.unit = or(e.heartbeat, 20*time.Second), or(e.unit, 48*time.Hour)
	e.backoff, e.poll, e.stallTimeout = or(e.backoff, time.Second), or(e.poll, time.Second), or(e.stallTimeout, 10*time.Minute)
	if e.Note == nil {
		e.Note = func(string) {}
	}
	return e
}

// or is a value, or the default if it is 0.
func or[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

func (e Engine) limits() limits {
	return limits{
		AtOnce: e.atOnce, PerRun: e.perRun, Attempts: int32(max(0, e.Attempts)), Heartbeat: e.heartbeat, Unit: e.unit,
		Backoff: e.backoff, Pause: max(time.Minute, e.backoff),
	}
}

func (e Engine) note(format string, args ...any) { e.Note(fmt.Sprintf(format, args...)) }

// id names a job's workflow: the same work has the same name, so that it is under way once only.
func (in jobInput) id() (string, error) {
	text, err := json.Marshal(struct {
		Kind string
		Spec json.RawMessage
		Left []span
	}{in.Kind, in.Spec, in.Left})
	if err != nil {
		return "", fmt.Errorf("name the job's workflow: %w", err)
	}
	sum := sha256.Sum256(text)
	return "padapter-" + in.Kind + "-" + hex.EncodeToString(sum[:10]), nil
}

// follow starts or joins a workflow and waits for its end.
func (e Engine) follow(ctx context.Context, in jobInput, watch func(pipeline.Totals)) (pipeline.Totals, error) {
	id, err := in.id()
	if err != nil {
		return pipeline.Totals{}, err
	}
	var run client.WorkflowRun
	err = e.retryUnreachable(ctx, func(ctx context.Context) (err error) {
		run, err = e.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: id, TaskQueue: e.Queue,
			WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		}, workflowName, in)
		return err
	})
	if err != nil {
		return pipeline.Totals{}, fmt.Errorf("start workflow %s on queue %s: %w", id, e.Queue, err)
	}
	v := &view{Engine: e, id: id, watch: watch, noted: map[string]bool{}}
	ended := make(chan error, 1)
	var totals pipeline.Totals
	waiting, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go func() {
		ended <- e.retryUnreachable(waiting, func(ctx context.Context) error { return run.Get(ctx, &totals) })
	}()
	tick := time.NewTicker(e.poll)
	defer tick.Stop()
	done, deadline := ctx.Done(), (<-chan time.Time)(nil)
	for {
		select {
		case err := <-ended:
			return e.result(ctx, v, totals, err)
		case <-tick.C:
			v.look(waiting)
		case <-done:
			done = nil
			e.cancel(waiting, id)
			deadline = time.After(e.heartbeat + time.Minute)
		case <-deadline:
			return v.totals, fmt.Errorf("workflow %s was told to stop and has not yet: %w", id, context.Cause(ctx))
		}
	}
}

// cancel asks the server to cancel a workflow.
func (e Engine) cancel(ctx context.Context, id string) {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	if err := e.retryUnreachable(ctx, func(ctx context.Context) error { return e.Client.CancelWorkflow(ctx, id, "") }); err != nil {
		e.note("workflow %s could not be cancelled and goes on: %v", id, err)
	}
}

// result is what Run returns for the end of a workflow.
func (e Engine) result(ctx context.Context, v *view, totals pipeline.Totals, err error) (pipeline.Totals, error) {
	if err == nil {
		if v.watch != nil {
			v.watch(totals)
		}
		return totals, nil
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	v.look(last)
	var application *sdk.ApplicationError
	var canceled *sdk.CanceledError
	var terminated *sdk.TerminatedError
	switch {
	case errors.As(err, &application):
		err = errors.New(application.Message())
		if application.Type() == permanentType {
			err = pipeline.Permanent(err)
		}
	case errors.As(err, &canceled) && ctx.Err() != nil:
		err = context.Cause(ctx)
	case errors.As(err, &terminated):
		err = fmt.Errorf("workflow %s was terminated by somebody: run the same command again to go on", v.id)
	}
	return v.totals, err
}

// retryUnreachable calls the server again while it cannot be reached.
func (e Engine) retryUnreachable(ctx context.Context, call func(context.Context) error) error {
	silent := time.Time{}
	for {
		began := time.Now()
		err := call(ctx)
		if err == nil || !unreachable(err) || ctx.Err() != nil {
			return err
		}
		if silent.IsZero() || time.Since(began) > time.Minute { // a call that lasted had an answer at its beginning
			silent = time.Now()
			e.note("the Temporal server does not answer; waiting for it: %v", err)
		}
		if time.Since(silent) > e.stallTimeout {
			return fmt.Errorf("the server has not answered for %s; the job goes on without this process, run the same command again to join it: %w", e.stallTimeout, err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(e.poll):
		}
	}
}

// unreachable reports whether an error is of the way to the server rather than an answer.
func unreachable(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	if errors.As(err, &unavailable) || errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	for at := err; at != nil; at = errors.Unwrap(at) {
		if s, ok := status.FromError(at); ok {
			return s.Code() == codes.Unavailable || s.Code() == codes.DeadlineExceeded
		}
	}
	return false
}

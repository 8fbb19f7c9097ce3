package temporal

import (
	"context"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"padapter/pipeline"
)

// view is what is known of a workflow that goes on.
type view struct {
	Engine
	id     string
	watch  func(pipeline.Totals)
	totals pipeline.Totals
	noted  map[string]bool // what has been said once
}

// look asks how far the workflow is. A server or worker that does not answer now may do so next time.
func (v *view) look(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, max(2*time.Second, v.poll))
	defer stop()
	described, err := v.Client.DescribeWorkflowExecution(ctx, v.id, "")
	if err != nil {
		return
	}
	var under pipeline.Progress
	started := false
	for _, a := range described.GetPendingActivities() {
		var now pipeline.Progress
		if details := a.GetHeartbeatDetails(); details != nil && a.GetState() == enums.PENDING_ACTIVITY_STATE_STARTED {
			if converter.GetDefaultDataConverter().FromPayloads(details, &now) == nil {
				under.Done, under.Total, under.Failed = under.Done+now.Done, under.Total+now.Total, under.Failed+now.Failed
			}
		}
		started = started || a.GetState() == enums.PENDING_ACTIVITY_STATE_STARTED
		if failure := a.GetLastFailure(); failure != nil {
			v.once(failure.GetMessage()+a.GetActivityId(), "a unit is tried again (attempt %d): %s", a.GetAttempt(), failure.GetMessage())
		}
	}
	if !started && v.nobody(ctx) {
		v.once("nobody", "no worker listens on queue %s: start some with padapter worker --queue %s", v.Queue, v.Queue)
		return
	}
	answer, err := v.Client.QueryWorkflow(ctx, v.id, "", totalsQuery)
	if err != nil {
		return
	}
	var totals pipeline.Totals
	if answer.Get(&totals) != nil {
		return
	}
	totals.UnderWay = under
	v.totals = totals
	if v.watch != nil {
		v.watch(totals)
	}
}

// nobody reports whether no worker has asked the queue for units lately.
func (v *view) nobody(ctx context.Context) bool {
	queue, err := v.Client.DescribeTaskQueue(ctx, v.Queue, enums.TASK_QUEUE_TYPE_ACTIVITY)
	return err == nil && len(queue.GetPollers()) == 0
}

// once notes a thing the first time.
func (v *view) once(key, format string, args ...any) {
	if !v.noted[key] {
		v.noted[key] = true
		v.note(format, args...)
	}
}

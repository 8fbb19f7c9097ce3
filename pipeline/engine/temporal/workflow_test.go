package temporal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"padapter/pipeline"
)

// countingJob is a job of one row a unit that notes what it was asked for.
type countingJob struct {
	mu     sync.Mutex
	asked  map[int]int // by unit
	closed int
	fail   func(unit, attempt int) error
}

func (j *countingJob) Settings() string { return "counting" }

// Stored has every fifth unit.
func (j *countingJob) Stored(ctx context.Context, u pipeline.Unit) (pipeline.Result, bool, error) {
	if u.Number%5 != 0 {
		return pipeline.Result{}, false, nil
	}
	result, err := j.Do(ctx, u, func(pipeline.Progress) {})
	return result, err == nil, err
}

func (j *countingJob) Do(ctx context.Context, u pipeline.Unit, report func(pipeline.Progress)) (pipeline.Result, error) {
	j.mu.Lock()
	j.asked[u.Number]++
	attempt := j.asked[u.Number]
	j.mu.Unlock()
	report(pipeline.Progress{Done: 1, Total: 1})
	if j.fail != nil {
		if err := j.fail(u.Number, attempt); err != nil {
			return pipeline.Result{}, err
		}
	}
	return pipeline.Result{Rows: u.Count, Errors: u.Number % 2, Bytes: 10, Counts: pipeline.Counts{Errors: map[string]int64{"odd": int64(u.Number % 2)}}}, nil
}

func (j *countingJob) Close() error { j.closed++; return nil }

// environment is a workflow's, in which units are done by a job.
func environment(t *testing.T, j *countingJob) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: stuckAfter})
	a := &activities{jobs: newJobs(map[string]pipeline.Opener{"count": func(context.Context, json.RawMessage) (pipeline.Job, error) { return j, nil }})}
	env.RegisterWorkflowWithOptions(runJob, workflow.RegisterOptions{Name: workflowName})
	env.RegisterActivityWithOptions(a.do, activity.RegisterOptions{Name: activityName})
	return env
}

func input(units int, change func(*jobInput)) jobInput {
	var list []pipeline.Unit
	for i := range units {
		list = append(list, pipeline.Unit{Number: i, First: 3 * i, Count: 3})
	}
	in := jobInput{Kind: "count", Spec: json.RawMessage(`{"a":1}`), Left: spansOf(list), Limits: Engine{heartbeat: time.Minute}.withDefaults().limits()}
	if change != nil {
		change(&in)
	}
	return in
}

func TestWorkflowDoesEveryUnitOnce(t *testing.T) {
	j := &countingJob{asked: map[int]int{}}
	env := environment(t, j)
	env.ExecuteWorkflow(workflowName, input(40, func(in *jobInput) { in.Limits.AtOnce = 7 }))
	var totals pipeline.Totals
	if err := env.GetWorkflowResult(&totals); err != nil {
		t.Fatal(err)
	}
	if totals.Made != 32 || totals.Kept != 8 || totals.Rows != 120 || totals.Errors != 20 || totals.Bytes != 400 || totals.Counts.Errors["odd"] != 20 {
		t.Errorf("%+v", totals)
	}
	for i := range 40 {
		if j.asked[i] != 1 {
			t.Errorf("unit %d was done %d times", i, j.asked[i])
		}
	}
	answer, err := env.QueryWorkflow(totalsQuery)
	if err != nil {
		t.Fatal(err)
	}
	var asked pipeline.Totals
	if err := answer.Get(&asked); err != nil || asked.Rows != 120 {
		t.Errorf("asked afterwards: %+v, %v", asked, err)
	}
}

func TestWorkflowGoesOnAsANewRun(t *testing.T) {
	j := &countingJob{asked: map[int]int{}}
	in, runs := input(25, func(in *jobInput) { in.Limits.PerRun = 10 }), 0
	for {
		env := environment(t, j)
		env.ExecuteWorkflow(workflowName, in)
		runs++
		err := env.GetWorkflowError()
		var again *workflow.ContinueAsNewError
		if !errors.As(err, &again) {
			var totals pipeline.Totals
			if err := env.GetWorkflowResult(&totals); err != nil {
				t.Fatal(err)
			}
			if runs != 3 || totals.Rows != 75 || totals.Kept+totals.Made != 25 {
				t.Errorf("%d runs, %+v", runs, totals)
			}
			break
		}
		if again.WorkflowType.Name != workflowName {
			t.Fatalf("goes on as %s", again.WorkflowType.Name)
		}
		if err := decode(again, &in); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 25 {
		if j.asked[i] != 1 {
			t.Errorf("unit %d was done %d times", i, j.asked[i])
		}
	}
}

func TestWorkflowTriesAgain(t *testing.T) {
	j := &countingJob{asked: map[int]int{}, fail: func(unit, attempt int) error {
		if unit == 3 && attempt < 5 {
			return errors.New("the disk is full")
		}
		return nil
	}}
	env := environment(t, j)
	env.ExecuteWorkflow(workflowName, input(6, nil))
	var totals pipeline.Totals
	if err := env.GetWorkflowResult(&totals); err != nil || j.asked[3] != 5 || totals.Kept+totals.Made != 6 {
		t.Errorf("%d attempts, %+v, %v", j.asked[3], totals, err)
	}
}

func TestWorkflowGivesUp(t *testing.T) {
	for _, c := range []struct {
		name     string
		err      error
		attempts int // at unit 1
		kind     string
	}{
		{"after its attempts", errors.New("the disk is full"), 4, "failed"},
		{"at once on poison", pipeline.Permanent(errors.New("the manifest has changed")), 1, permanentType},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := &countingJob{asked: map[int]int{}, fail: func(unit, _ int) error {
				if unit == 1 {
					return c.err
				}
				return nil
			}}
			env := environment(t, j)
			env.ExecuteWorkflow(workflowName, input(50, func(in *jobInput) { in.Limits.Attempts, in.Limits.AtOnce = 4, 1 }))
			err := env.GetWorkflowError()
			var application *sdk.ApplicationError
			if !errors.As(err, &application) || application.Type() != c.kind || !application.NonRetryable() || application.Message() != fmt.Sprintf("unit 1: %v", c.err) {
				t.Fatalf("got %v", err)
			}
			if j.asked[1] != c.attempts || len(j.asked) != 2 {
				t.Errorf("unit 1 was tried %d times, %d units were tried", j.asked[1], len(j.asked))
			}
		})
	}
}

func TestWorkflowRefusesUnknownKinds(t *testing.T) {
	env := environment(t, &countingJob{asked: map[int]int{}})
	env.ExecuteWorkflow(workflowName, input(2, func(in *jobInput) { in.Kind = "knit" }))
	var application *sdk.ApplicationError
	if err := env.GetWorkflowError(); !errors.As(err, &application) || application.Type() != permanentType {
		t.Errorf("got %v", err)
	}
}

func TestCancelledWorkflowStartsNoMore(t *testing.T) {
	j := &countingJob{asked: map[int]int{}}
	env := environment(t, j)
	j.fail = func(unit, _ int) error {
		if unit == 4 {
			env.CancelWorkflow()
		}
		return nil
	}
	env.ExecuteWorkflow(workflowName, input(500, func(in *jobInput) { in.Limits.AtOnce = 1 }))
	var canceled *sdk.CanceledError
	if err := env.GetWorkflowError(); !errors.As(err, &canceled) {
		t.Errorf("got %v", err)
	}
	if len(j.asked) > 6 {
		t.Errorf("%d units were started, cancelled at the fifth", len(j.asked))
	}
}

func TestJobsAreOpenedOnceAndClosed(t *testing.T) {
	opened := map[string]*countingJob{}
	s := newJobs(map[string]pipeline.Opener{"count": func(_ context.Context, spec json.RawMessage) (pipeline.Job, error) {
		if string(spec) == "bad" {
			return nil, errors.New("no such manifest")
		}
		if opened[string(spec)] != nil {
			t.Errorf("%s was opened again", spec)
		}
		opened[string(spec)] = &countingJob{}
		return opened[string(spec)], nil
	}})
	var releases []func()
	for _, spec := range []string{"a", "a", "b", "c", "d", "a"} {
		_, release, err := s.acquire(t.Context(), "count", json.RawMessage(spec))
		if err != nil {
			t.Fatal(err)
		}
		releases = append(releases, release)
	}
	for range 2 { // it is not kept that it failed
		if _, _, err := s.acquire(t.Context(), "count", json.RawMessage("bad")); err == nil {
			t.Error("a job without a manifest was opened")
		}
	}
	for _, release := range releases {
		release()
	}
	if len(s.open) != keptJobs || opened["a"].closed != 0 || opened["d"].closed != 0 || opened["b"].closed != 1 {
		t.Errorf("%d are open; a closed %d times, b %d", len(s.open), opened["a"].closed, opened["b"].closed)
	}
	s.close()
	for name, j := range opened {
		if j.closed != 1 {
			t.Errorf("%s was closed %d times", name, j.closed)
		}
	}
}

package temporal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"

	"padapter/pipeline"
)

// recordVariable names a server, HOST:PORT, on which TestRecord runs a job whose histories it writes to testdata.
const recordVariable = "PADAPTER_TEMPORAL_RECORD"

var quiet = log.NewStructuredLogger(slog.New(slog.DiscardHandler))

// decode reads what a new run is given.
func decode(again *workflow.ContinueAsNewError, in *jobInput) error {
	return converter.GetDefaultDataConverter().FromPayloads(again.Input, in)
}

// TestRecord runs a job on a real server, in which a unit fails twice and the workflow goes on as a new run twice, and
// keeps its histories.
func TestRecord(t *testing.T) {
	address := os.Getenv(recordVariable)
	if address == "" {
		t.Skipf("records on the server that %s names", recordVariable)
	}
	c, err := client.DialContext(t.Context(), client.Options{HostPort: address, Identity: "recorder", Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	j := &countingJob{asked: map[int]int{}, fail: func(unit, attempt int) error {
		if unit == 3 && attempt < 3 {
			return errors.New("the disk is full")
		}
		return nil
	}}
	queue := fmt.Sprint("record-", time.Now().UnixNano())
	serving, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- Serve(serving, c, WorkerOptions{Queue: queue, Name: "worker", Kinds: map[string]pipeline.Opener{
			"count": func(context.Context, json.RawMessage) (pipeline.Job, error) { return j, nil },
		}})
	}()
	in := input(12, nil)
	engine := Engine{Client: c, Queue: queue, atOnce: 3, perRun: 5, backoff: 10 * time.Millisecond, poll: 50 * time.Millisecond}
	totals, err := engine.Run(t.Context(), pipeline.Work{Kind: "count", Spec: queue, Job: j, Units: unpacked(in.Left)})
	if err != nil || totals.Kept+totals.Made != 12 || totals.Rows != 36 || j.asked[3] != 3 {
		t.Errorf("%+v, %v, %d attempts at unit 3", totals, err, j.asked[3])
	}
	in.Spec, _ = json.Marshal(queue)
	id, err := in.id()
	if err != nil {
		t.Fatal(err)
	}
	run := ""
	for number := 0; ; number++ {
		h := &history.History{}
		for events := c.GetWorkflowHistory(t.Context(), id, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
			event, err := events.Next()
			if err != nil {
				t.Fatal(err)
			}
			h.Events = append(h.Events, event)
		}
		text, err := protojson.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("testdata", fmt.Sprintf("history-v1-%d.json", number)), text, 0o644); err != nil {
			t.Fatal(err)
		}
		if run = h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId(); run == "" {
			if number != 2 {
				t.Errorf("%d runs, want 3", number+1)
			}
			break
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// Histories that earlier programs left must replay, or their jobs would stop when workers are replaced.
func TestReplaysHistoriesOfEarlierPrograms(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "history-v1-*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	replay := func(file string, run any) error {
		r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: workflowName})
		return r.ReplayWorkflowHistoryFromJSONFile(quiet, file)
	}
	other := func(ctx workflow.Context, in jobInput) (pipeline.Totals, error) {
		in.Limits.AtOnce = 1
		return runJob(ctx, in)
	}
	for _, file := range files {
		if err := replay(file, runJob); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	if err := replay(files[len(files)-1], other); err == nil {
		t.Error("a workflow that hands out units otherwise replayed as well")
	}
}

package ui

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

func TestResultGoesToStdoutAndProgressToStderr(t *testing.T) {
	var out, errs bytes.Buffer
	c := New(Plain, &out, &errs)
	task := c.Start("decode", 3)
	task.Set(2, 3, "")
	task.Set(3, 3, "")
	task.Finish()
	c.Note("two of %d", 3)
	if err := c.Result(nil, func() string { return "all well" }); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "all well\n"; got != want {
		t.Errorf("stdout = %q, want %q", got, want)
	}
	if got := errs.String(); !strings.Contains(got, "decode: 3/3") || !strings.Contains(got, "two of 3") {
		t.Errorf("stderr = %q, want the finished task and the note", got)
	}
}

func TestJSONModeWritesOneObjectALine(t *testing.T) {
	var out, errs bytes.Buffer
	c := New(JSON, &out, &errs)
	task := c.Start("label", 2)
	task.Set(2, 2, "batch 1")
	task.Finish()
	if err := c.Result(map[string]int{"rows": 2}, func() string { return "unused" }); err != nil {
		t.Fatal(err)
	}
	if errs.Len() != 0 {
		t.Errorf("stderr = %q, want nothing", errs.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %d lines, want the task's end and the result:\n%s", len(lines), out.String())
	}
	var done struct {
		Event, Stage, Detail string
		Done, Total          int64
	}
	if err := json.Unmarshal([]byte(lines[0]), &done); err != nil {
		t.Fatal(err)
	}
	if done.Event != "done" || done.Stage != "label" || done.Done != 2 || done.Detail != "batch 1" {
		t.Errorf("first line = %+v", done)
	}
	var result struct {
		Event  string
		Result map[string]int
	}
	if err := json.Unmarshal([]byte(lines[1]), &result); err != nil {
		t.Fatal(err)
	}
	if result.Event != "result" || result.Result["rows"] != 2 {
		t.Errorf("second line = %+v", result)
	}
}

func TestQuietShowsOnlyTheResult(t *testing.T) {
	var out, errs bytes.Buffer
	c := New(Quiet, &out, &errs)
	task := c.Start("decode", 1) // nil, and still usable
	task.Set(1, 1, "")
	task.Finish()
	c.Note("unseen")
	if err := c.Result(nil, func() string { return "seen\n" }); err != nil {
		t.Fatal(err)
	}
	if out.String() != "seen\n" || errs.Len() != 0 {
		t.Errorf("stdout %q, stderr %q", out.String(), errs.String())
	}
}

// Run with the race detector.
func TestTaskIsSetByManyGoroutines(t *testing.T) {
	var out, errs bytes.Buffer
	c := New(Plain, &out, &errs)
	task := c.Start("decode", 800)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for done := range int64(100) {
				task.Set(done, 800, "")
			}
		})
	}
	wg.Wait()
	task.Set(800, 800, "")
	task.Finish()
	if got := errs.String(); !strings.Contains(got, "decode: 800/800") {
		t.Errorf("stderr = %q, want 800 of 800 items", got)
	}
}

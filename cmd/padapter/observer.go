package main

import (
	"context"
	"errors"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/ui"
)

// observer shows on the command's console how a job goes on.
func observer(ctx context.Context) jobs.Observer {
	console := ui.From(ctx)
	return jobs.Observer{
		OnNote:  func(text string) { console.Note("%s", text) },
		OnStage: func(name string, total int64) jobs.Progress { return console.Start(name, total) },
	}
}

// result prints the result of a job that was finished, which it also was when only records of it failed.
func result(ctx context.Context, value any, text func() string, err error) error {
	if records := (jobs.RecordsError{}); err != nil && !errors.As(err, &records) {
		return err
	}
	if printing := ui.From(ctx).Result(value, text); printing != nil {
		return printing
	}
	return err
}

package main

import (
	"context"

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

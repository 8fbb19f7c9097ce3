// Package worker does units of jobs that other processes began.
package worker

import (
	"context"
	"encoding/json"
	"time"

	"padapter/cmd/internal/jobs/label"
	"padapter/cmd/internal/jobs/preprocess"
	"padapter/cmd/internal/jobs/probe"
	"padapter/pipeline"
	"padapter/pipeline/engine/temporal"
	"padapter/pipeline/isolate"
)

// Options say for whom to work, and how much at once. Server and Queue must be given.
type Options struct {
	Server  temporal.Server
	Queue   string        // task queue
	Name    string        // in the server's lists; empty: process and machine
	Units   int           // done at once; 0: 2
	Workers int           // clips decoded at once; 0: one a processor
	Drain   time.Duration // how long units under way may go on after ctx has ended
	Isolate isolate.Mode  // whether decoders run in child processes
	Version string        // of the program

	Ready func() // called once the server has answered; may be nil
}

// Run does units until ctx ends.
func Run(ctx context.Context, opt Options) error {
	c, err := temporal.Dial(ctx, opt.Server)
	if err != nil {
		return err
	}
	defer c.Close()
	if opt.Ready != nil {
		opt.Ready()
	}
	return temporal.Serve(ctx, c, temporal.WorkerOptions{
		Queue: opt.Queue, Units: opt.Units, Drain: opt.Drain, Name: opt.Name, Kinds: opt.kinds(),
	})
}

// kinds are the jobs that a worker knows.
func (o Options) kinds() map[string]pipeline.Opener {
	return map[string]pipeline.Opener{
		preprocess.Kind: func(ctx context.Context, spec json.RawMessage) (pipeline.Job, error) {
			return preprocess.OpenJob(ctx, spec, preprocess.JobOptions{Workers: o.Workers, Isolate: o.Isolate})
		},
		probe.Kind: func(ctx context.Context, spec json.RawMessage) (pipeline.Job, error) {
			return probe.OpenJob(ctx, spec, probe.JobOptions{Workers: o.Workers, Isolate: o.Isolate})
		},
		label.Kind: func(ctx context.Context, spec json.RawMessage) (pipeline.Job, error) {
			return label.OpenJob(ctx, spec, label.JobOptions{Workers: o.Workers, Isolate: o.Isolate, Version: o.Version})
		},
	}
}

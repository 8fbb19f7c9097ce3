package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/worker"
	"padapter/cmd/internal/ui"
	"padapter/pipeline/isolate"
)

type workerOptions struct {
	server         serverFlags
	units, workers int
	drain          time.Duration
	name           string
	isolate        isolate.Mode
}

func newWorkerCommand() *cobra.Command {
	var opt workerOptions
	cmd := &cobra.Command{
		Use:   "worker --temporal HOST:PORT --queue Q",
		Short: "Do units of jobs that other processes began, from a Temporal server",
		Long: `Takes units of jobs from a task queue of a Temporal server and does them as the command that began the job would,
until it gets SIGINT or SIGTERM; then it takes no more, lets those under way end for --drain, and gives the rest back.
Manifests, videos and output folders must be at the same paths as where the job was begun (docs/guides/temporal.md).

Commands that begin jobs: preprocess, label and manifest probe with --engine temporal.`,
		Example: `  padapter worker --temporal 127.0.0.1:7233 --queue cpu
  padapter worker --temporal temporal.example:7233 --queue gpu --units 1 --drain 2m`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opt.Check(); err != nil {
				return err
			}
			return runWorker(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	opt.server.bind(f)
	f.IntVar(&opt.units, "units", 2, "units done at once; they share --workers")
	f.IntVar(&opt.workers, "workers", 0, "clips decoded at once (0: one a processor)")
	f.DurationVar(&opt.drain, "drain", 20*time.Second, "how long units under way may go on after SIGTERM")
	bindIsolate(f, &opt.isolate, isolate.Preferred)
	f.StringVar(&opt.name, "name", "", "name of this worker in the server's lists (default: process and machine)")
	return cmd
}

// Check rejects values that no server can make right.
func (o *workerOptions) Check() error {
	if o.units < 1 || o.workers < 0 || o.drain < 0 {
		return usageErrorf("--units %d, --workers %d, --drain %s: use at least 1 unit and nothing negative", o.units, o.workers, o.drain)
	}
	if err := checkIsolate(o.isolate); err != nil {
		return err
	}
	return o.server.Check()
}

func runWorker(ctx context.Context, opt workerOptions) error {
	return worker.Run(ctx, worker.Options{
		Server: opt.server.server(), Queue: opt.server.queue, Name: opt.name, Units: opt.units, Workers: opt.workers, Drain: opt.drain,
		Isolate: opt.isolate, Version: versionString(),
		Ready: func() {
			ui.From(ctx).Note("worker on queue %s of %s: %d units at once, %d clips", opt.server.queue, opt.server.address, opt.units, jobs.Workers(opt.workers))
		},
	})
}

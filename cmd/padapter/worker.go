package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/ui"
	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/engine/temporal"
	"padapter/pipeline/isolate"
	"padapter/pipeline/probe"
	"padapter/sampler"
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
	c, err := opt.server.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	ui.From(ctx).Note("worker on queue %s of %s: %d units at once, %d clips", opt.server.queue, opt.server.address, opt.units, jobs.Workers(opt.workers))
	options := pipeline.Options{Workers: jobs.Workers(opt.workers), Decoder: decode.Options{Measure: decode.WallClock}, Isolate: opt.isolate}
	return temporal.Serve(ctx, c, temporal.WorkerOptions{
		Queue: opt.server.queue, Units: opt.units, Drain: opt.drain, Name: opt.name,
		Kinds: map[string]temporal.Open{
			pipeline.KindPreprocess: func(ctx context.Context, spec json.RawMessage) (temporal.Job, error) {
				return openPreprocessJob(ctx, spec, options)
			},
			probe.KindProbe: func(ctx context.Context, spec json.RawMessage) (temporal.Job, error) {
				return openProbeJob(ctx, spec, jobs.Workers(opt.workers), opt.isolate)
			},
			kindLabel: func(ctx context.Context, spec json.RawMessage) (temporal.Job, error) {
				return openLabelJob(ctx, spec, jobs.Workers(opt.workers), opt.isolate)
			},
		},
	})
}

// preprocessJob makes shards from files that this process opened.
type preprocessJob struct {
	*pipeline.ShardMaker
	records *manifests.Spool
	files   *source.Mux
}

// Close frees all of them.
func (j *preprocessJob) Close() error {
	return errors.Join(j.ShardMaker.Close(), j.records.Close(), j.files.Close())
}

func openPreprocessJob(ctx context.Context, text json.RawMessage, options pipeline.Options) (temporal.Job, error) {
	var spec pipeline.PreprocessSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, pipeline.Permanent(fmt.Errorf("read the job's description: %w", err))
	}
	records, err := openRecords(spec.File.Path, spec.File.Split, sampler.Sliding{})
	if err != nil {
		return nil, err
	}
	files, err := source.Open(context.WithoutCancel(ctx), spec.File.Root)
	if err != nil {
		return nil, errors.Join(err, records.Close())
	}
	maker, err := pipeline.OpenShardMaker(spec, records, files, options)
	if err != nil {
		return nil, errors.Join(err, records.Close(), files.Close())
	}
	return &preprocessJob{maker, records, files}, nil
}

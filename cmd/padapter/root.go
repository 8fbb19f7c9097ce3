package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/ui"
	"padapter/ingest/source"
	"padapter/models/backend"
)

const rootLong = `padapter turns video archives into training data, action recognizers and labels.

  manifest     what there is to process: build it from a dataset as published, look at it, convert it
  preprocess   manifest + recipe -> Arrow shards of decoded clips
  train        fine-tune a frozen video transformer with PAdapter (or linearly, or fully)
  eval         accuracy of a checkpoint on labelled clips
  label        a checkpoint's labels for a folder or a manifest, as Parquet
  worker       does the units of jobs that other processes began, from a Temporal server
  frames       exact frames of one file: times, checksums, PNGs

Exit codes: 0 all well; 1 failed; 2 wrong usage; 3 finished, but some records failed.`

type globalOptions struct {
	json     bool
	quiet    bool
	logLevel string
	threads  int
}

// Check rejects values that no command can work with.
func (o *globalOptions) Check() (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		return level, usageErrorf("--log-level %q is not a level: use debug, info, warn or error", o.logLevel)
	}
	if o.threads < 0 {
		return level, usageErrorf("--threads %d: use 0 or more", o.threads)
	}
	return level, nil
}

func newRootCommand(stdout, stderr io.Writer) *cobra.Command {
	var opt globalOptions
	root := &cobra.Command{
		Use:           "padapter",
		Short:         "Video archives to training data, action recognizers and labels",
		Long:          rootLong,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       versionString(),
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			level, err := opt.Check()
			if err != nil {
				return err
			}
			backend.LimitThreads(opt.threads)
			slog.SetDefault(slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level})))
			mode := ui.Plain
			switch {
			case opt.json:
				mode = ui.JSON
			case opt.quiet:
				mode = ui.Quiet
			}
			if err := checkPlaces(cmd, args); err != nil {
				return err
			}
			cmd.SetContext(ui.With(cmd.Context(), ui.New(mode, stdout, stderr)))
			return nil
		},
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	flags := root.PersistentFlags()
	flags.BoolVar(&opt.json, "json", false, "print JSON Lines on stdout: progress events, then one result")
	flags.BoolVarP(&opt.quiet, "quiet", "q", false, "no progress")
	flags.StringVar(&opt.logLevel, "log-level", "warn", "debug, info, warn or error; logs go to stderr")
	flags.IntVar(&opt.threads, "threads", 0, "threads in which OpenVINO runs networks (0: one a processor); decoders have --workers")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return jobs.UsageError{Err: err} })
	root.AddCommand(commands()...)
	return root
}

// run executes one command line and returns the process's exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	stores := source.NewStore(ctx)
	unregister := stores.Register() // names like s3://BUCKET/KEY lead there from here on
	root := newRootCommand(stdout, stderr)
	root.SetArgs(args)
	err := errors.Join(root.ExecuteContext(ctx), stores.Close())
	unregister()
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	if msg := err.Error(); msg != "" {
		fmt.Fprintf(stderr, "padapter: %s\n", strings.TrimSpace(msg))
	}
	if code == exitUsage {
		fmt.Fprintln(stderr, "Run 'padapter --help', or 'padapter COMMAND --help' for examples.")
	}
	return code
}

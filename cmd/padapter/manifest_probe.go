package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/manifest"
	"padapter/cmd/internal/ui"
	"padapter/ingest/source"
	"padapter/pipeline"
	"padapter/pipeline/engine/temporal"
	"padapter/pipeline/isolate"
	"padapter/pipeline/probe"
)

type manifestProbeOptions struct {
	path       string
	root       string
	workers    int
	all, again bool
	limits     limitFlags
	engine     engineFlags
}

func newManifestProbeCommand() *cobra.Command {
	var opt manifestProbeOptions
	cmd := &cobra.Command{
		Use:   "probe MANIFEST [--out FILE]",
		Short: "Look into every file: fill in frames, size, codec, checksum; find broken ones",
		Long: `Opens every record that is said to be found and was not probed before, and fills in what it is: frames, frame rate,
duration, width, height, rotation, codec, bytes and the SHA-256 of its content. Records that cannot be decoded become
rejected, with the reason; files that are not there become missing.

What was found is kept in a journal beside the output, FILE.probing, from the first file on. A run that was stopped or
killed goes on from there when it is started again, and removes the journal when the manifest is written.
With --engine temporal the files are looked into by 'padapter worker' processes, 256 files a unit (64 with --decode), which need the
output's folder and the files at the same paths (docs/guides/temporal.md); what they found is kept in the folder FILE.probing.units. Either
engine goes on from both.

The first frame of each file is decoded; --decode decodes every frame and rejects files that are damaged inside.`,
		Example: `  padapter manifest probe train.parquet
  padapter manifest probe train.csv --out probed.parquet --workers 8 --decode`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if opt.path == "" {
				opt.path = args[0]
			}
			if err := opt.Check(); err != nil {
				return err
			}
			return runManifestProbe(cmd.Context(), args[0], opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.path, "out", "", "manifest to write (default: the same file)")
	f.StringVar(&opt.root, "root", "", "folder that the records' paths start from, instead of the manifest's")
	f.IntVar(&opt.workers, "workers", 0, "files looked into at once (0: one a processor)")
	f.BoolVar(&opt.all, "decode", false, "decode every frame, and reject files with damaged ones")
	f.BoolVar(&opt.again, "again", false, "look also into records that were probed or missing before")
	opt.limits.bind(f, isolate.Preferred)
	opt.engine.bind(f)
	return cmd
}

// Check rejects values that no manifest can make right.
func (o *manifestProbeOptions) Check() error {
	if o.workers < 0 {
		return usageErrorf("--workers %d: use 0 or more", o.workers)
	}
	if err := o.limits.Check(); err != nil {
		return err
	}
	if err := o.engine.Check(); err != nil {
		return err
	}
	return manifest.CheckName(o.path)
}

// units are the run's with an engine of other processes; nil for none. close is to be called after their use.
func (o *manifestProbeOptions) units(ctx context.Context, root string) (units *probe.Units, close func(), err error) {
	if o.engine.engine == engineLocal {
		return nil, func() {}, nil
	}
	units = &probe.Units{}
	if units.Root, err = jobs.Absolute(root); err != nil {
		return nil, nil, err
	}
	units.Engine, close, err = o.engine.open(ctx, 0)
	return units, close, err
}

func openProbeJob(ctx context.Context, text json.RawMessage, workers int, mode isolate.Mode) (temporal.Job, error) {
	var spec probe.UnitSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, pipeline.Permanent(fmt.Errorf("read the job's description: %w", err))
	}
	job, err := probe.OpenJob(ctx, spec, probe.Options{Workers: workers, Isolate: mode})
	if err != nil {
		return nil, err
	}
	return job, nil
}

// journalOf is the file beside a manifest that keeps what was found so far.
func journalOf(path string) string {
	const most = 200 // bytes of the name, of the 255 that file systems take
	name := filepath.Base(path)
	return filepath.Join(filepath.Dir(path), name[:min(len(name), most)]+".probing")
}

func runManifestProbe(ctx context.Context, path string, opt manifestProbeOptions) (err error) {
	console := ui.From(ctx)
	man, err := manifest.Load(path)
	if err != nil {
		return err
	}
	root := man.Root
	if opt.root != "" {
		root = opt.root
	}
	src, err := source.Open(ctx, root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	absolute, err := filepath.Abs(root)
	if err != nil {
		return fmt.Errorf("root %s: %w", root, err)
	}
	journal, err := probe.OpenJournal(journalOf(opt.path), probe.JournalSettings{
		Root: absolute, Decode: opt.all, Again: opt.again, MaxPixels: opt.limits.MaxPixels, MaxFrames: opt.limits.MaxFrames,
	})
	if errors.Is(err, probe.ErrOtherJournal) {
		return usageErrorf("%w: repeat that command to go on with it, or remove the file", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	units, closeEngine, err := opt.units(ctx, root)
	if err != nil {
		return err
	}
	defer closeEngine()

	task := console.Start("probe", 0)
	probed, summary, err := probe.Run(ctx, man, src, probe.Options{
		Workers: opt.workers, Decode: opt.all, Again: opt.again, Timeout: opt.limits.Timeout, Journal: journal, Units: units,
		Decoder: opt.limits.Decoder(), Isolate: opt.limits.Isolate,
		Progress: func(p probe.Progress) {
			detail := ""
			if p.Failed > 0 {
				detail = fmt.Sprintf("%d broken or missing", p.Failed)
			}
			task.Set(p.Done, p.Total, detail)
		},
	})
	task.Finish()
	if err != nil {
		return err
	}
	probed.Tool = toolName()
	if err := probed.WriteFile(opt.path); err != nil {
		return err
	}
	if err := journal.Remove(); err != nil {
		return err
	}
	report := probeReport{Out: opt.path, Summary: summary}
	if err := console.Result(report, report.text); err != nil {
		return err
	}
	return jobs.RecordsFailed(summary.Missing+summary.Rejected, summary.Records, opt.path)
}

// probeReport says what became of a manifest's records.
type probeReport struct {
	Out string `json:"out"`
	probe.Summary
}

func (r probeReport) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d records: %d files looked into now, %d before; %d records needed none\n", r.Out, r.Records, r.Files, r.Resumed, r.Skipped)
	fmt.Fprintf(&out, "  found: %d\n", r.Records-r.Missing-r.Rejected)
	for _, reason := range slices.Sorted(maps.Keys(r.Reasons)) {
		fmt.Fprintf(&out, "  %s: %d\n", reason, r.Reasons[reason])
	}
	return out.String()
}

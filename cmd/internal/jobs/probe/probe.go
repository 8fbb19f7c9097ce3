// Package probe looks into every file of a manifest and writes down what it is.
package probe

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/manifest"
	"padapter/ingest/source"
	"padapter/pipeline"
	"padapter/pipeline/isolate"
	"padapter/pipeline/probe"
)

// Options say which manifest to probe, and how. Manifest must be given.
type Options struct {
	Manifest string
	Out      string // manifest to write; empty: the same file
	Root     string // folder that the records' paths start from; empty: the manifest's
	Workers  int    // files looked into at once; 0: one a processor
	Decode   bool   // decode every frame, and reject files with damaged ones
	Again    bool   // look also into records that were probed or missing before
	Limits   jobs.DecodeLimits

	Engine   pipeline.Engine // where units are done; nil: in this process
	Tool     string          // that the manifest says wrote it
	Observer jobs.Observer
}

// Check rejects values that no manifest can make right.
func (o *Options) Check() error {
	if o.Workers < 0 {
		return jobs.Usagef("--workers %d: use 0 or more", o.Workers)
	}
	return manifest.CheckName(cmp.Or(o.Out, o.Manifest))
}

// Summary says what became of a manifest's records.
type Summary struct {
	Out string `json:"out"`
	probe.Summary
}

// Text is the summary for people.
func (s *Summary) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %d records: %d files probed now, %d by earlier runs; %d records needed no probing\n", s.Out, s.Records, s.Files, s.Resumed, s.Skipped)
	fmt.Fprintf(&out, "  found: %d\n", s.Records-s.Missing-s.Rejected)
	for _, reason := range slices.Sorted(maps.Keys(s.Reasons)) {
		fmt.Fprintf(&out, "  %s: %d\n", reason, s.Reasons[reason])
	}
	return out.String()
}

// Run probes the manifest. When records are missing or rejected it returns the summary and a jobs.RecordsError.
func Run(ctx context.Context, opt Options) (summary *Summary, err error) {
	if err := opt.Check(); err != nil {
		return nil, err
	}
	if opt.Out == "" {
		opt.Out = opt.Manifest
	}
	man, err := manifest.Load(opt.Manifest)
	if err != nil {
		return nil, err
	}
	if opt.Root == "" {
		opt.Root = man.Root
	}
	src, err := source.Open(ctx, opt.Root)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	absolute, err := filepath.Abs(opt.Root)
	if err != nil {
		return nil, fmt.Errorf("root %s: %w", opt.Root, err)
	}
	store, err := probe.OpenStore(storeOf(opt.Out), probe.Settings{
		Root: absolute, Decode: opt.Decode, Again: opt.Again, MaxPixels: opt.Limits.MaxPixels, MaxFrames: opt.Limits.MaxFrames,
	})
	if errors.Is(err, probe.ErrOtherSettings) {
		return nil, jobs.Usagef("%w: repeat that command to go on with it, or remove the file", err)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	root, err := jobs.Absolute(opt.Root)
	if err != nil {
		return nil, err
	}
	stage := opt.Observer.Stage("probe", 0)
	probed, found, err := probe.Run(ctx, man, src, probe.Options{
		Workers: opt.Workers, Timeout: opt.Limits.Timeout,
		Store: store, Engine: opt.Engine, Root: root,
		Decoder: opt.Limits.Decoder(), Isolate: opt.Limits.Isolate,
		Progress: func(p probe.Progress) {
			detail := ""
			if p.Failed > 0 {
				detail = fmt.Sprintf("%d broken or missing", p.Failed)
			}
			stage.Set(p.Done, p.Total, detail)
		},
	})
	stage.Finish()
	if err != nil {
		return nil, err
	}
	probed.Tool = opt.Tool
	if err := probed.WriteFile(opt.Out); err != nil {
		return nil, err
	}
	if err := store.Remove(); err != nil {
		return nil, err
	}
	return &Summary{opt.Out, found}, jobs.RecordsFailed(found.Missing+found.Rejected, found.Records, opt.Out)
}

// storeOf is the name beside a manifest under which what was found so far is kept.
func storeOf(path string) string {
	const most = 200 // bytes of the name, of the 255 that file systems take
	name := filepath.Base(path)
	return filepath.Join(filepath.Dir(path), name[:min(len(name), most)]+".probing")
}

// Kind is the kind of probe's work.
const Kind = probe.Kind

// JobOptions say how a process does the units of a run that another one began.
type JobOptions struct {
	Workers int          // files looked into at once; 0: one a processor
	Isolate isolate.Mode // whether decoders run in child processes
}

// OpenJob makes this process ready to do units of a run that another one began.
func OpenJob(ctx context.Context, text json.RawMessage, opt JobOptions) (pipeline.Job, error) {
	var spec probe.Spec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, pipeline.Permanent(fmt.Errorf("read the job's description: %w", err))
	}
	return probe.OpenJob(ctx, spec, probe.Options{Workers: jobs.Workers(opt.Workers), Isolate: opt.Isolate})
}

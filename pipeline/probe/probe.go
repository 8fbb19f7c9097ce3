package probe

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline/isolate"
)

// Summary is what a run did. Files are counted once, whatever the number of records that they stand for.
type Summary struct {
	Records  int            `json:"records"`
	Files    int            `json:"files"`    // looked into by this run
	Resumed  int            `json:"resumed"`  // taken from the journal
	Skipped  int            `json:"skipped"`  // records that had facts, or nothing to look into
	Missing  int            `json:"missing"`  // records whose file is not there, as the manifest now says
	Rejected int            `json:"rejected"` // records that are unusable, as the manifest now says
	Reasons  map[string]int `json:"reasons"`  // records of these by the reason's first word
}

// Run returns a copy of man with the facts of every record that was found, and of every one that probing has given up
// before when it is asked to look again. It fails when ctx ends or the journal cannot be written; what the journal has
// then is not lost.
func Run(ctx context.Context, man *manifests.Manifest, src source.Source, opt Options) (*manifests.Manifest, Summary, error) {
	if opt.Workers < 0 || opt.Timeout < 0 || opt.MaxHeld < 0 {
		return nil, Summary{}, fmt.Errorf("probe: workers %d, timeout %s, held bytes %d: use 0 for the default or a positive number", opt.Workers, opt.Timeout, opt.MaxHeld)
	}
	if opt.Workers == 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	if opt.MaxHeld == 0 {
		opt.MaxHeld = 16 << 20
	}
	out := *man
	out.Records = slices.Clone(man.Records)
	s := Summary{Records: len(out.Records)}
	known := map[string]Outcome{}
	var uris []string
	seen := map[string]bool{}
	for i := range out.Records {
		r := &out.Records[i]
		switch {
		case !opt.wants(r):
			s.Skipped++
			continue
		case seen[r.URI]:
			continue
		}
		seen[r.URI] = true
		if o, ok := opt.Journal.outcome(r.URI); ok {
			known[r.URI] = o
			s.Resumed++
			continue
		}
		uris = append(uris, r.URI)
	}
	s.Files = len(uris)
	look := func() error { return lookAll(ctx, uris, src, opt, known) }
	if opt.Units != nil {
		look = func() error { return opt.Units.run(ctx, uris, opt, known) }
	}
	if err := look(); err != nil {
		return nil, s, fmt.Errorf("probe: %w", err)
	}
	for i := range out.Records {
		if r := &out.Records[i]; opt.wants(r) {
			o := known[r.URI]
			r.Facts, r.Status, r.Reason = o.Facts, o.Status, o.Reason
		}
	}
	s.count(&out)
	return &out, s, nil
}

func (s *Summary) count(m *manifests.Manifest) {
	s.Reasons = map[string]int{}
	for i := range m.Records {
		r := &m.Records[i]
		switch r.Status {
		case manifests.Missing:
			s.Missing++
		case manifests.Rejected:
			s.Rejected++
		default:
			continue
		}
		s.Reasons[firstWord(r)]++
	}
}

// firstWord is the part of a record's reason that many share, or its status.
func firstWord(r *manifests.Record) string {
	if word, _, ok := strings.Cut(r.Reason, ": "); ok && slices.Contains(reasons, decode.Reason(word)) {
		return word
	}
	return string(r.Status)
}

var reasons = []decode.Reason{decode.Missing, decode.Empty, decode.Unsupported, decode.Corrupt, decode.Truncated, decode.Limits, decode.Timeout, decode.Crash, decode.Failed}

// wants reports whether a record is to be looked into. Records that were rejected before any probing stay so.
func (o *Options) wants(r *manifests.Record) bool {
	if r.URI == "" {
		return false
	}
	switch r.Status {
	case manifests.Found:
		return o.Again || r.Facts.SHA256 == ""
	case manifests.Missing:
		return o.Again
	}
	return o.Again && firstWord(r) != string(r.Status)
}

// lookAll puts the outcome of every uri into known.
func lookAll(ctx context.Context, uris []string, src source.Source, opt Options, known map[string]Outcome) (err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	type result struct {
		uri     string
		outcome Outcome
	}
	todo, results := make(chan string), make(chan result)
	var workers sync.WaitGroup
	for range min(opt.Workers, len(uris)) {
		workers.Go(func() {
			err := func() (err error) {
				decoder, err := isolate.Open(opt.Isolate, opt.Decoder)
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, decoder.Close()) }()
				l := &looker{src: src, decoder: decoder, opt: opt, most: isolate.FilesAtOnce(opt.Workers), report: func(uri string, o Outcome) error {
					select {
					case results <- result{uri, o}:
						return nil
					case <-ctx.Done():
						return context.Cause(ctx)
					}
				}}
				defer func() { err = errors.Join(err, l.close()) }()
				for uri := range todo {
					if err := l.look(ctx, uri); err != nil {
						return err
					}
				}
				return l.flush(ctx)
			}()
			if err != nil {
				stop(err)
			}
		})
	}
	workers.Go(func() {
		defer close(todo)
		for _, uri := range uris {
			select {
			case todo <- uri:
			case <-ctx.Done():
				return
			}
		}
	})
	go func() {
		workers.Wait()
		close(results)
	}()
	progress := Progress{Total: int64(len(uris))}
	for r := range results {
		known[r.uri] = r.outcome
		if progress.Done++; r.outcome.Status != manifests.Found {
			progress.Failed++
		}
		if opt.Progress != nil {
			opt.Progress(progress)
		}
		if err := opt.Journal.add(r.uri, r.outcome); err != nil {
			stop(err)
		}
	}
	return errors.Join(context.Cause(ctx), opt.Journal.sync())
}

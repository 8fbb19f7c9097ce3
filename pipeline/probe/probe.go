package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline"
)

// Summary is what a run did. Files are counted once, whatever the number of records that they stand for.
type Summary struct {
	Records  int            `json:"records"`
	Files    int            `json:"files"`    // looked into by this run
	Resumed  int            `json:"resumed"`  // taken from the store
	Skipped  int            `json:"skipped"`  // records that had facts, or nothing to look into
	Missing  int            `json:"missing"`  // records whose file is not there, as the manifest now says
	Rejected int            `json:"rejected"` // records that are unusable, as the manifest now says
	Reasons  map[string]int `json:"reasons"`  // records of these by the reason's first word
}

// Run returns a copy of man with the facts of every record that was found, and of every one that probing has given up
// before when it is asked to look again. Files are looked into unit by unit; opt.Store keeps the outcomes of every unit that
// is done, and is not looked into twice. src is used by this process, opt.Root by others. Run fails when ctx ends or a unit
// cannot be stored.
func Run(ctx context.Context, man *manifests.Manifest, src source.Source, opt Options) (*manifests.Manifest, Summary, error) {
	if opt.Workers < 0 || opt.Timeout < 0 || opt.MaxHeld < 0 || opt.Store == nil {
		return nil, Summary{}, fmt.Errorf("probe: workers %d, timeout %s, held bytes %d: use 0 for the default or a positive number, and a store", opt.Workers, opt.Timeout, opt.MaxHeld)
	}
	opt = opt.withDefaults()
	out := *man
	out.Records = slices.Clone(man.Records)
	s := Summary{Records: len(out.Records)}
	known := map[string]outcome{}
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
		uris = append(uris, r.URI)
		if o, ok := opt.Store.outcomes[r.URI]; ok {
			known[r.URI] = o.outcome
			s.Resumed++
		}
	}
	s.Files = len(uris) - s.Resumed
	if s.Files > 0 {
		if err := opt.run(ctx, uris, src, known); err != nil {
			return nil, s, fmt.Errorf("probe: %w", err)
		}
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

// run has the engine do the units of these files and puts the outcomes into known.
func (o *Options) run(ctx context.Context, uris []string, src source.Source, known map[string]outcome) (err error) {
	l, err := o.Store.list(uris, *o)
	if err != nil {
		return err
	}
	j := newJob(l, src, *o)
	defer func() { err = errors.Join(err, j.Close()) }()
	work := pipeline.Work{Kind: Kind, Spec: Spec{l.file, l.hash}, Job: j, Units: l.cut(), Watch: func(t pipeline.Totals) {
		if o.Progress != nil {
			o.Progress(Progress{Done: int64(t.Rows) + t.UnderWay.Done, Total: int64(l.head.Files), Failed: int64(t.Errors) + t.UnderWay.Failed})
		}
	}}
	if _, err := o.Engine.Run(ctx, work); err != nil {
		return err
	}
	return j.gather(known)
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
		return o.Store.settings.Again || r.Facts.SHA256 == ""
	case manifests.Missing:
		return o.Store.settings.Again
	}
	return o.Store.settings.Again && firstWord(r) != string(r.Status)
}

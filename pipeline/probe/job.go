package probe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline"
)

// Kind is the kind of a probe's work.
const Kind = "probe"

// Spec is the Spec of a probe's work.
type Spec struct {
	List string `json:"list"` // file, in the folder of the store's units
	Hash string `json:"hash"` // hex SHA-256 of its content
}

// list is the work list of these files: the latest, if it lacks just what others before it have, or a new one. So a run that
// goes on where another was killed has the units of that, and an engine can join work that is still under way.
func (s *Store) list(uris []string, opt Options) (*list, error) {
	folder, err := filepath.Abs(s.folder())
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err != nil {
		return nil, fmt.Errorf("folder of the units: %w", err)
	}
	head := listHead{
		Version: listVersion, Number: 1, Settings: s.settings, Root: opt.Root, Timeout: opt.Timeout, MaxHeld: opt.MaxHeld,
		MaxPixels: opt.Decoder.MaxPixels, MaxFrames: opt.Decoder.MaxFrames, Packets: opt.Decoder.MaxHeld, Unit: opt.Unit,
	}
	switch {
	case head.Unit > 0:
	case opt.decode:
		head.Unit = 64
	default:
		head.Unit = 256 // of a millisecond or some, each; a server's work for a unit is 30
	}
	latest, err := latestList(folder)
	if err != nil {
		return nil, err
	}
	if latest != nil {
		head.Number = latest.head.Number
		left := s.without(uris, head.Number)
		head.Files = len(left)
		if listed, err := latest.all(); err == nil && head == latest.head && slices.Equal(listed, left) {
			return latest, nil
		}
		head.Number++
	}
	left := s.without(uris, head.Number)
	head.Files = len(left)
	return head.publish(folder, left)
}

// job is the pipeline.Job of a probe.
type job struct {
	list     *list
	opt      Options
	source   source.Source
	decoders *decoders
	close    func() error // of the source
}

// OpenJob makes this process ready for units of a probe that another one began. Of opt, Workers and Isolate count.
func OpenJob(ctx context.Context, spec Spec, opt Options) (pipeline.Job, error) {
	l, err := openList(spec.List)
	if err == nil && l.hash != spec.Hash {
		err = fmt.Errorf("list of files %s is not that of the job", spec.List)
	}
	if err != nil {
		err = fmt.Errorf("probe: %w", err)
		if l != nil || errors.Is(err, errDamaged) {
			err = pipeline.Permanent(err)
		}
		return nil, err
	}
	src, err := source.Open(context.WithoutCancel(ctx), l.head.Root)
	if err != nil {
		return nil, fmt.Errorf("probe: %w", err)
	}
	j := newJob(l, src, opt)
	j.close = src.Close
	return j, nil
}

func newJob(l *list, src source.Source, opt Options) *job {
	j := &job{list: l, source: src, close: func() error { return nil }, opt: Options{
		Workers: opt.Workers, Isolate: opt.Isolate, decode: l.head.Settings.Decode, Timeout: l.head.Timeout, MaxHeld: l.head.MaxHeld,
	}}
	j.opt.Decoder.MaxPixels, j.opt.Decoder.MaxFrames, j.opt.Decoder.MaxHeld = l.head.MaxPixels, l.head.MaxFrames, l.head.Packets
	j.decoders = newDecoders(j.opt)
	return j
}

// Close frees what the job holds, after its last unit.
func (j *job) Close() error { return errors.Join(j.decoders.close(), j.close()) }

// Settings is the hash of the list, which says how files are looked into.
func (j *job) Settings() string { return j.list.hash }

// Stored returns the result of a unit whose segment is there, unless some of its files failed for reasons that pass.
func (j *job) Stored(_ context.Context, u pipeline.Unit) (result pipeline.Result, ok bool, err error) {
	uris, known, left, err := j.state(u)
	if err != nil || len(left) > 0 {
		return result, false, err
	}
	return resultOf(uris, known), true, nil
}

// Do looks into the files of a unit and publishes what they are. Files that failed for reasons that pass are looked into
// again when a segment is there already; one that is damaged is made anew. What was found is published now and then, and when ctx
// ends.
func (j *job) Do(ctx context.Context, u pipeline.Unit, report func(pipeline.Progress)) (result pipeline.Result, err error) {
	uris, known, left, err := j.state(u)
	if err != nil {
		return result, err
	}
	for _, uri := range left {
		delete(known, uri)
	}
	keep := func() error { return j.keep(u, uris, known) }
	looking := j.look(ctx, left, known, keep, report)
	if err := errors.Join(looking, keep()); err != nil {
		return result, err
	}
	return resultOf(uris, known), nil
}

// state is what is known of a unit's files, and which of them are left to look into.
func (j *job) state(u pipeline.Unit) (uris []string, known map[string]outcome, left []string, err error) {
	if units := j.list.cut(); u.Number < 0 || u.Number >= len(units) || units[u.Number] != u {
		return nil, nil, nil, pipeline.Permanent(fmt.Errorf("probe: unit %d is said to be %d files from %d on, which is no unit of %s", u.Number, u.Count, u.First, j.list.file))
	}
	if uris, err = j.list.uris(u.Number); err != nil {
		return nil, nil, nil, fmt.Errorf("probe: %w", err)
	}
	known, err = readSegment(j.segment(u.Number), j.list.head.Settings)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errDamaged) {
			return nil, nil, nil, fmt.Errorf("probe: %w", err)
		}
		known = map[string]outcome{}
	}
	for _, uri := range uris {
		if o, ok := known[uri]; !ok || o.passing() {
			left = append(left, uri)
		}
	}
	return uris, known, left, nil
}

// keep publishes what is known of a unit, with what another process may have found meanwhile.
func (j *job) keep(u pipeline.Unit, uris []string, known map[string]outcome) error {
	there, err := readSegment(j.segment(u.Number), j.list.head.Settings)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errDamaged) {
		return fmt.Errorf("probe: %w", err)
	}
	for uri, o := range there {
		if _, ok := known[uri]; !ok {
			known[uri] = o
		}
	}
	if len(known) == 0 {
		return nil
	}
	return writeSegment(j.segment(u.Number), j.list.head.Settings, uris, known)
}

func resultOf(uris []string, known map[string]outcome) pipeline.Result {
	result := pipeline.Result{Rows: len(uris)}
	for _, uri := range uris {
		if known[uri].Status != manifests.Found {
			result.Errors++
		}
	}
	return result
}

// segment is where a unit's outcomes are.
func (j *job) segment(unit int) string {
	return filepath.Join(filepath.Dir(j.list.file), segmentName(listName(j.list.head.Number, j.list.hash), unit))
}

// gather puts the outcomes of all units into known.
func (j *job) gather(known map[string]outcome) error {
	for _, unit := range j.list.cut() {
		uris, found, _, err := j.state(unit)
		if err != nil {
			return err
		}
		for _, uri := range uris {
			o, ok := found[uri]
			if !ok {
				return fmt.Errorf("%s has no outcome in unit %d, which is said to be done: run the same command again", uri, unit.Number)
			}
			known[uri] = o
		}
	}
	return nil
}

package probe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline"
)

// KindProbe is the kind of a probe's work.
const KindProbe = "probe"

// Units hand a run's files to an engine, whose processes leave outcomes in the folder of parts beside the run's journal,
// which all of them must see. A run that goes on where another was killed has the same units as that, if nobody else has
// looked into files since, so that an engine can join work that is still under way.
type Units struct {
	Engine pipeline.Engine
	Root   string // that the files' paths start from, as other processes understand it
	Files  int    // of a unit; 0 stands for 256, or 64 where every frame is decoded
}

// UnitSpec is the Spec of a probe's work.
type UnitSpec struct {
	List string `json:"list"` // file, in the folder of the parts
	Hash string `json:"hash"` // hex SHA-256 of its content
}

// run puts the outcome of every uri into known, as lookAll does.
func (u *Units) run(ctx context.Context, uris []string, opt Options, known map[string]Outcome) error {
	if len(uris) == 0 {
		return nil
	}
	if opt.Journal == nil {
		return errors.New("units need a journal, beside which their outcomes lie")
	}
	for _, uri := range uris {
		if !utf8.ValidString(uri) {
			return fmt.Errorf("path %q is not UTF-8 and cannot be told to other processes: probe with the local engine", uri)
		}
	}
	if err := opt.Journal.sync(); err != nil {
		return err
	}
	l, err := u.list(uris, opt)
	if err != nil {
		return err
	}
	job, err := newJob(ctx, l, opt)
	if err != nil {
		return err
	}
	defer func() { _ = job.Close() }() // it has been read from only
	work := pipeline.Work{Kind: KindProbe, Spec: UnitSpec{l.path, l.hash}, Units: l.cut(), Job: job, Watch: func(t pipeline.Tally) {
		if opt.Progress != nil {
			opt.Progress(Progress{Done: int64(t.Rows) + t.UnderWay.Done, Total: int64(l.head.Files), Failed: int64(t.Errors) + t.UnderWay.Failed})
		}
	}}
	if _, err := u.Engine.Run(ctx, work); err != nil {
		return err
	}
	return job.gather(uris, known)
}

// list is the list of files that are left: one that is there, if it lacks just these, or a new one.
func (u *Units) list(uris []string, opt Options) (*list, error) {
	folder, err := filepath.Abs(opt.Journal.path + partsSuffix)
	if err != nil {
		return nil, fmt.Errorf("folder of the units: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("folder of the units: %w", err)
	}
	head := listHead{
		Version: listVersion, Settings: opt.Journal.settings, Root: u.Root, Timeout: opt.Timeout, MaxHeld: opt.MaxHeld,
		MaxPixels: opt.Decoder.MaxPixels, MaxFrames: opt.Decoder.MaxFrames, Packets: opt.Decoder.MaxHeld, Unit: u.Files, Files: len(uris),
	}
	switch {
	case head.Unit > 0:
	case opt.Decode:
		head.Unit = 64
	default:
		head.Unit = 256 // of a millisecond or some, each; the server's work for a unit is 30
	}
	there, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("folder of the units: %w", err)
	}
	for _, e := range there {
		if !strings.HasPrefix(e.Name(), "list-") {
			continue
		}
		if l, err := openList(filepath.Join(folder, e.Name())); err == nil && opt.Journal.lacks(l, head, uris) {
			return l, nil
		}
	}
	hash, err := head.hash(uris)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, listFile(hash))
	if err := publishList(path, head, uris); err != nil {
		return nil, err
	}
	return openList(path)
}

// lacks reports whether the files of a list that have no outcome in its parts are these, and looked into as head says.
func (j *Journal) lacks(l *list, head listHead, uris []string) bool {
	if head.Files = l.head.Files; head != l.head {
		return false
	}
	for unit := range l.head.units() {
		listed, err := l.uris(unit)
		if err != nil {
			return false
		}
		for _, uri := range listed {
			if r, ok := j.outcomes[uri]; ok && r.list == listName(l.hash) {
				continue
			}
			if len(uris) == 0 || uris[0] != uri {
				return false
			}
			uris = uris[1:]
		}
	}
	return len(uris) == 0
}

// cut makes units of a list.
func (l *list) cut() (units []pipeline.Unit) {
	for n := range l.head.units() {
		first := n * l.head.Unit
		units = append(units, pipeline.Unit{Number: n, First: first, Count: min(l.head.Unit, l.head.Files-first)})
	}
	return units
}

// Job is the pipeline.Job of a probe.
type Job struct {
	list   *list
	opt    Options
	source *source.Mux
}

// OpenJob makes this process ready for units of a probe that another one began. Of opt, Workers and Isolate count.
func OpenJob(ctx context.Context, spec UnitSpec, opt Options) (*Job, error) {
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
	j, err := newJob(context.WithoutCancel(ctx), l, opt)
	if err != nil {
		return nil, fmt.Errorf("probe: %w", err)
	}
	return j, nil
}

func newJob(ctx context.Context, l *list, opt Options) (*Job, error) {
	j := &Job{list: l, opt: Options{
		Workers: opt.Workers, Isolate: opt.Isolate, Decode: l.head.Settings.Decode, Timeout: l.head.Timeout, MaxHeld: l.head.MaxHeld,
	}}
	j.opt.Decoder.MaxPixels, j.opt.Decoder.MaxFrames, j.opt.Decoder.MaxHeld = l.head.MaxPixels, l.head.MaxFrames, l.head.Packets
	var err error
	j.source, err = source.Open(ctx, l.head.Root)
	return j, err
}

// Close frees what the job holds, after its last unit.
func (j *Job) Close() error { return j.source.Close() }

// Settings is the hash of the list, which says how files are looked into.
func (j *Job) Settings() string { return j.list.hash }

// Stored returns the result of a unit whose part is there, unless some of its files failed for reasons that pass.
func (j *Job) Stored(_ context.Context, u pipeline.Unit) (result pipeline.Result, ok bool, err error) {
	uris, known, left, err := j.state(u)
	if err != nil || left > 0 {
		return result, false, err
	}
	return resultOf(uris, known), true, nil
}

// Do looks into the files of a unit and publishes what they are. Files that failed for reasons that pass are looked into
// again when a part is there already; a part that is damaged is made anew.
func (j *Job) Do(ctx context.Context, u pipeline.Unit, report func(pipeline.Progress)) (result pipeline.Result, err error) {
	uris, known, _, err := j.state(u)
	if err != nil {
		return result, err
	}
	var left []string
	for _, uri := range uris {
		if o, ok := known[uri]; !ok || o.passing() {
			left = append(left, uri)
		}
	}
	opt := j.opt
	opt.Progress = func(p Progress) {
		report(pipeline.Progress{Done: p.Done, Total: p.Total, Failed: p.Failed})
	}
	if err := lookAll(ctx, left, j.source, opt, known); err != nil {
		return result, err
	}
	if err := writePart(j.part(u.Number), j.list.head.Settings, uris, known); err != nil {
		return result, err
	}
	return resultOf(uris, known), nil
}

// state is what is known of a unit's files, and of how many nothing final is.
func (j *Job) state(u pipeline.Unit) (uris []string, known map[string]Outcome, left int, err error) {
	if units := j.list.cut(); u.Number < 0 || u.Number >= len(units) || units[u.Number] != u {
		return nil, nil, 0, pipeline.Permanent(fmt.Errorf("probe: unit %d is said to be %d files from %d on, which is no unit of %s", u.Number, u.Count, u.First, j.list.path))
	}
	if uris, err = j.list.uris(u.Number); err != nil {
		return nil, nil, 0, fmt.Errorf("probe: %w", err)
	}
	known, err = readPart(j.part(u.Number), j.list.head.Settings)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errDamaged) {
			return nil, nil, 0, fmt.Errorf("probe: %w", err)
		}
		known = map[string]Outcome{}
	}
	for _, uri := range uris {
		if o, ok := known[uri]; !ok || o.passing() {
			left++
		}
	}
	return uris, known, left, nil
}

func resultOf(uris []string, known map[string]Outcome) pipeline.Result {
	result := pipeline.Result{Rows: len(uris)}
	for _, uri := range uris {
		if known[uri].Status != manifests.Found {
			result.Errors++
		}
	}
	return result
}

// part is where a unit's outcomes are.
func (j *Job) part(unit int) string {
	return filepath.Join(filepath.Dir(j.list.path), partName(listName(j.list.hash), unit))
}

// gather puts the outcomes of files into known, from the parts of all units.
func (j *Job) gather(uris []string, known map[string]Outcome) error {
	for unit := range j.list.head.units() {
		found, err := readPart(j.part(unit), j.list.head.Settings)
		if err != nil {
			return fmt.Errorf("unit %d, which is said to be done: %w: run the same command again", unit, err)
		}
		for uri, o := range found {
			if _, ok := known[uri]; !ok {
				known[uri] = o
			}
		}
	}
	for _, uri := range uris {
		if _, ok := known[uri]; !ok {
			return fmt.Errorf("%s has no outcome in the units, which are said to be done: run the same command again", uri)
		}
	}
	return nil
}

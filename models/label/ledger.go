package label

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/sourcegraph/conc/iter"

	"padapter/manifests/storage"
	"padapter/manifests/wholefile"
)

// Content tells what is labelled apart: two inputs have the same content id if their rows are to be the same.
type Content [16]byte

// ContentOf makes a content id of what identifies an input, field by field.
func ContentOf(fields ...string) Content {
	sum := sha256.New()
	for _, f := range fields {
		fmt.Fprintf(sum, "%d:%s,", len(f), f)
	}
	return Content(sum.Sum(nil)[:16])
}

// MarshalText is hexadecimal.
func (c Content) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, c[:]), nil }

// UnmarshalText reads what MarshalText wrote.
func (c *Content) UnmarshalText(text []byte) error {
	if n, err := hex.Decode(c[:], text); err != nil || n != len(c) || len(text) != 2*len(c) {
		return fmt.Errorf("content id %q: need %d hexadecimal digits", text, 2*len(c))
	}
	return nil
}

// Input is one thing that is labelled: a record of a manifest, or a shard of clips.
type Input struct {
	Content Content `json:"content"`
	ID      string  `json:"id"` // the record's, or the shard's name
}

// Job is all that decides rows, besides the inputs.
type Job struct {
	Format   int               `json:"format"`
	Version  string            `json:"version"`  // program that began it; rows name it
	Settings map[string]string `json:"settings"` // by name, for people to compare

	// Agreements are those of the networks' rows, see Provenance. They were measured when the ledger was begun and decide
	// no row, so that they tell no jobs apart.
	Agreements []string `json:"agreements,omitempty"`
}

// unsaid is what settings are in ledgers that do not name them.
var unsaid = map[string]string{SettingPrecision: "float32"}

// SettingPrecision is the name of the setting of the precision. Ledgers in float32 do not name it, as those of programs
// that knew no other one.
const SettingPrecision = "precision"

// Hash tells jobs apart.
func (j Job) Hash() string {
	fields := []string{fmt.Sprint(j.Format), j.Version}
	for _, name := range slices.Sorted(maps.Keys(j.Settings)) {
		fields = append(fields, name, j.Settings[name])
	}
	c := ContentOf(fields...)
	return hex.EncodeToString(c[:])
}

// differences lists settings that are not alike.
func (j Job) differences(now Job) []string {
	var list []string
	names := map[string]bool{}
	for name := range j.Settings {
		names[name] = true
	}
	for name := range now.Settings {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if was, is := j.Settings[name], now.Settings[name]; was != is {
			list = append(list, fmt.Sprintf("%s was %s and is %s", name, cmp.Or(was, unsaid[name], "nothing"), cmp.Or(is, unsaid[name], "nothing")))
		}
	}
	return list
}

const (
	ledgerFormat = 1
	jobName      = "job.json"
	lockName     = "lock"
	partsName    = "parts"
	partSuffix   = ".part"
)

// ErrOtherJob is wrapped by the error of a ledger that was begun with other settings.
var ErrOtherJob = errors.New("the ledger was begun with other settings")

// Ledger is a folder of parts: rows of inputs that have been labelled for one job, each part with all rows of some inputs.
// Parts appear whole (temporary name, fsync, rename) and never change, so a run that was killed at any moment goes on
// where it was, and no row is lost or there twice. Only what has a part counts as done.
type Ledger struct {
	dir     string
	job     Job
	targets []Provenance
	lock    io.Closer
	done    map[Content]place
	parts   []string // names; place.part counts them
}

// place is where an input's rows are.
type place struct {
	part, input int32
	attempt     int32
	failed      bool // it has a row with an error
}

// OpenLedger begins a ledger for the job, or goes on with one, and keeps other processes from doing so until Close. A
// ledger of another job is refused with ErrOtherJob. Targets say how rows are written; there are as many in every part.
// The job comes back as it was begun.
func OpenLedger(dir string, job Job, targets []Provenance) (_ *Ledger, err error) {
	job.Format = ledgerFormat
	if err := storage.MakeFolder(storage.Join(dir, partsName)); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	lock, err := storage.Lock(storage.Join(dir, lockName))
	if errors.Is(err, wholefile.ErrLocked) {
		return nil, fmt.Errorf("open ledger %s: %w: wait for it, or give another output", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open ledger %s: %w", dir, errors.Join(err, lock.Close()))
		}
	}()
	begun, err := readJob(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		begun = job
		text, err := json.MarshalIndent(job, "", "  ")
		if err != nil {
			return nil, err
		}
		if err := storage.Write(storage.Join(dir, jobName), func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err }); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	default:
		if different := begun.differences(job); len(different) > 0 {
			return nil, fmt.Errorf("%w: %s", ErrOtherJob, strings.Join(different, "; "))
		}
	}
	l := &Ledger{dir: dir, job: begun, targets: begun.signed(targets), lock: lock}
	if err := errors.Join(storage.Sweep(dir, ""), storage.Sweep(storage.Join(dir, partsName), "")); err != nil {
		return nil, err
	}
	return l, l.Refresh()
}

// JoinLedger is for a process that makes parts of a job that another process began and waits for: it neither locks nor
// knows what is done.
func JoinLedger(dir, hash string, targets []Provenance) (*Ledger, error) {
	job, err := readJob(dir)
	if err != nil {
		return nil, fmt.Errorf("join ledger %s: %w", dir, err)
	}
	if got := job.Hash(); got != hash {
		return nil, fmt.Errorf("join ledger %s: %w than the job that asks for its parts", dir, ErrOtherJob)
	}
	return &Ledger{dir: dir, job: job, targets: job.signed(targets)}, nil
}

// signed makes rows name the program that began the job and the agreements that it measured.
func (j Job) signed(targets []Provenance) []Provenance {
	targets = slices.Clone(targets)
	for i := range targets {
		targets[i].Version, targets[i].Agreement = j.Version, ""
		if i < len(j.Agreements) {
			targets[i].Agreement = j.Agreements[i]
		}
	}
	return targets
}

// Begun returns the job of a ledger, if there is one at the path.
func Begun(dir string) (job Job, there bool, err error) {
	job, err = readJob(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Job{}, false, nil
	}
	if err != nil {
		return Job{}, false, fmt.Errorf("open ledger %s: %w", dir, err)
	}
	return job, true, nil
}

func readJob(dir string) (job Job, err error) {
	path := storage.Join(dir, jobName)
	text, err := storage.ReadFile(path)
	if err != nil {
		return job, err
	}
	if err := json.Unmarshal(text, &job); err != nil {
		return job, fmt.Errorf("read %s: %w", path, err)
	}
	if job.Format != ledgerFormat {
		return job, fmt.Errorf("read %s: its format is %d, this program knows %d: remove the ledger to start over", path, job.Format, ledgerFormat)
	}
	return job, nil
}

// Check is ErrOtherJob when other settings than the job's would decide rows.
func (l *Ledger) Check(job Job) error {
	if different := l.job.differences(job); len(different) > 0 {
		return fmt.Errorf("ledger %s: %w: %s", l.dir, ErrOtherJob, strings.Join(different, "; "))
	}
	return nil
}

// Job is the job as it was begun.
func (l *Ledger) Job() Job { return l.job }

// Target says how the rows of a target came to be.
func (l *Ledger) Target(i int) Provenance { return l.targets[i] }

// Close lets other processes in. The folder stays.
func (l *Ledger) Close() error {
	if l.lock == nil {
		return nil
	}
	err := l.lock.Close()
	l.lock = nil
	return err
}

// RemoveLedger removes a ledger, unless another process is at work in it. A folder that is no ledger is refused.
func RemoveLedger(dir string) error {
	if _, err := readJob(dir); err != nil {
		if _, statErr := storage.Stat(dir); errors.Is(statErr, fs.ErrNotExist) {
			return nil
		}
		parts := 0
		listed := storage.List(storage.Join(dir, partsName), func(storage.Entry) error { parts++; return nil })
		if listed != nil || parts > 0 && errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove ledger %s: it is none: %w", dir, err)
		}
	}
	lock, err := storage.Lock(storage.Join(dir, lockName))
	if err != nil {
		return fmt.Errorf("remove ledger %s: %w", dir, err)
	}
	return errors.Join(storage.RemoveAll(dir), lock.Close())
}

// Done says whether an input has its rows, in which attempt they came to be, and whether one of them has an error.
func (l *Ledger) Done(c Content) (attempt int, failed, ok bool) {
	p, ok := l.done[c]
	return int(p.attempt), p.failed, ok
}

// Len is the number of inputs that have rows.
func (l *Ledger) Len() int { return len(l.done) }

// Others lists the inputs that have rows and for which current is false, sorted by id.
func (l *Ledger) Others(current func(Content) bool) ([]Input, error) {
	wanted := map[int32]bool{}
	for c, p := range l.done {
		if !current(c) {
			wanted[p.part] = true
		}
	}
	var list []Input
	for part := range wanted {
		head, err := l.head(l.parts[part])
		if err != nil {
			return nil, fmt.Errorf("read part %s: %w", l.partPath(l.parts[part]), err)
		}
		for i, in := range head.Inputs {
			if p := l.done[in.Content]; p.part == part && p.input == int32(i) && !current(in.Content) {
				list = append(list, in.Input)
			}
		}
	}
	slices.SortFunc(list, func(a, b Input) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}

// Refresh looks anew at which inputs have rows. A part that cannot be read counts for nothing.
func (l *Ledger) Refresh() error {
	var names []string
	err := storage.List(storage.Join(l.dir, partsName), func(e storage.Entry) error {
		if name, ok := strings.CutSuffix(e.Name, partSuffix); ok && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	l.done, l.parts = map[Content]place{}, nil
	for some := range slices.Chunk(names, headsAtOnce) {
		heads := iter.Mapper[string, *partHead]{MaxGoroutines: headsAtOnce}.Map(some, func(name *string) *partHead {
			head, err := l.head(*name)
			if err != nil {
				return nil
			}
			return &head
		})
		for i, head := range heads {
			if head != nil {
				l.enter(some[i], head)
			}
		}
	}
	return nil
}

// headsAtOnce is how many parts are opened at once: each takes several round trips on an object store.
const headsAtOnce = 16

// enter notes what a part has.
func (l *Ledger) enter(name string, head *partHead) {
	for i, in := range head.Inputs {
		p := place{part: int32(len(l.parts)), input: int32(i), attempt: int32(head.Attempt), failed: in.Failed > 0}
		if was, ok := l.done[in.Content]; !ok || p.attempt > was.attempt {
			l.done[in.Content] = p
		}
	}
	l.parts = append(l.parts, name)
}

func (l *Ledger) partPath(name string) string {
	return storage.Join(l.dir, partsName, name+partSuffix)
}

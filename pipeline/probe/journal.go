package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"padapter/manifests/wholefile"
)

// syncEvery is how much work a crash of the machine loses at most. A crash of the program loses none.
const syncEvery = 2 * time.Second

// JournalSettings are what outcomes depend on besides the files. A journal goes on only under the same ones.
type JournalSettings struct {
	Root      string `json:"root"`
	Decode    bool   `json:"decode"`
	Again     bool   `json:"again"`
	MaxPixels int64  `json:"max_pixels"`
	MaxFrames int64  `json:"max_frames"`
}

// Journal is the record of what was found so far: a file of outcomes that this process adds to, and beside it a folder of
// parts that workers publish. Both have the form of lines.go, and a run goes on from both, whoever looks then. Parts belong
// to the journal that they lie beside: a new one begins without any. A nil Journal keeps nothing.
type Journal struct {
	path     string
	settings JournalSettings
	file     *os.File
	outcomes map[string]recorded
	synced   time.Time
	dirty    bool
}

// recorded is an outcome that the record has.
type recorded struct {
	Outcome
	list string // name of the list whose part has it; empty for the journal's own
}

// ErrOtherJournal says that a journal was begun under other settings.
var ErrOtherJournal = errors.New("the journal was begun with other settings")

// ErrJournalInUse says that another process probes with this journal.
var ErrJournalInUse = errors.New("another probe is writing this journal: wait for it, or give the two different outputs")

// OpenJournal opens a journal, or begins one, and keeps other processes from it until Close. What a killed run wrote half is
// dropped, and so are parts that are damaged or were made under other settings.
func OpenJournal(path string, settings JournalSettings) (_ *Journal, err error) {
	f, err := wholefile.Lock(path)
	if errors.Is(err, wholefile.ErrLocked) {
		err = ErrJournalInUse
	}
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	j := &Journal{path: path, settings: settings, file: f, outcomes: map[string]recorded{}, synced: time.Now()}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open journal %s: %w", path, errors.Join(err, f.Close()))
		}
	}()
	if !isAt(f, path) { // another probe finished between opening and locking
		return nil, ErrJournalInUse
	}
	whole, err := readLines(f, settings, func(l journalLine) { j.outcomes[l.URI] = recorded{Outcome: l.Outcome} })
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(whole); err != nil {
		return nil, err
	}
	if _, err := f.Seek(whole, io.SeekStart); err != nil {
		return nil, err
	}
	if whole > 0 {
		return j, j.readParts()
	}
	return j, errors.Join(j.removeParts(), j.write(journalHead{journalVersion, settings}))
}

// isAt reports whether a file is still the one at the path.
func isAt(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(open, there)
}

func (j *Journal) outcome(uri string) (o Outcome, ok bool) {
	if j == nil {
		return o, false
	}
	r, ok := j.outcomes[uri]
	return r.Outcome, ok
}

// add keeps an outcome, unless another try may end otherwise.
func (j *Journal) add(uri string, o Outcome) error {
	if j == nil || o.passing() {
		return nil
	}
	if err := j.write(journalLine{uri, o}); err != nil {
		return err
	}
	if time.Since(j.synced) >= syncEvery {
		return j.sync()
	}
	return nil
}

func (j *Journal) write(v any) error {
	line, err := json.Marshal(v)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
		j.dirty = true
	}
	if err != nil {
		return fmt.Errorf("write journal %s: %w", j.path, err)
	}
	return nil
}

func (j *Journal) sync() error {
	if j == nil || !j.dirty {
		return nil
	}
	j.synced, j.dirty = time.Now(), false
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("sync journal %s: %w", j.path, err)
	}
	return nil
}

// Close ends the use of the journal. The file stays.
func (j *Journal) Close() error {
	if j == nil || j.file == nil {
		return nil
	}
	err := errors.Join(j.sync(), j.file.Close())
	j.file = nil
	return err
}

// Remove removes the parts and the journal's file and closes it, in this order: nobody else's journal can come to lie there
// between.
func (j *Journal) Remove() error {
	err := j.removeParts()
	if err == nil {
		err = os.Remove(j.path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove journal: %w", errors.Join(err, j.Close()))
	}
	return j.Close()
}

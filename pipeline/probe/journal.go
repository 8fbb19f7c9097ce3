package probe

import (
	"bufio"
	"bytes"
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

// Journal is a file of outcomes, one JSON object a line, the first line for the settings. A nil Journal keeps nothing.
type Journal struct {
	path     string
	file     *os.File
	outcomes map[string]Outcome
	synced   time.Time
	dirty    bool
}

type journalHead struct {
	Version  int             `json:"padapter_probe"`
	Settings JournalSettings `json:"settings"`
}

type journalLine struct {
	URI string `json:"uri"`
	Outcome
}

const journalVersion = 1

// ErrOtherJournal says that a journal was begun under other settings.
var ErrOtherJournal = errors.New("the journal was begun with other settings")

// ErrJournalInUse says that another process probes with this journal.
var ErrJournalInUse = errors.New("another probe is writing this journal: wait for it, or give the two different outputs")

// OpenJournal opens a journal, or begins one, and keeps other processes from it until Close. What a killed run wrote half is dropped.
func OpenJournal(path string, settings JournalSettings) (_ *Journal, err error) {
	f, err := wholefile.Lock(path)
	if errors.Is(err, wholefile.ErrLocked) {
		err = ErrJournalInUse
	}
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	j := &Journal{path: path, file: f, outcomes: map[string]Outcome{}, synced: time.Now()}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open journal %s: %w", path, errors.Join(err, f.Close()))
		}
	}()
	if !isAt(f, path) { // another probe finished between opening and locking
		return nil, ErrJournalInUse
	}
	whole, err := j.read(settings)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(whole); err != nil {
		return nil, err
	}
	if _, err := f.Seek(whole, io.SeekStart); err != nil {
		return nil, err
	}
	if whole == 0 {
		err = j.write(journalHead{journalVersion, settings})
	}
	return j, err
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

// read takes the outcomes in and returns how many bytes of the file are whole lines.
func (j *Journal) read(settings JournalSettings) (whole int64, err error) {
	in := bufio.NewReader(j.file)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil // what is left is half a line
		}
		if err != nil {
			return 0, err
		}
		if number == 1 {
			var head journalHead
			if err := strict(line, &head); err != nil || head.Version != journalVersion {
				return 0, fmt.Errorf("line 1 is not that of a journal of version %d: %w", journalVersion, ErrOtherJournal)
			}
			if head.Settings != settings {
				return 0, fmt.Errorf("%+v, now %+v: %w", head.Settings, settings, ErrOtherJournal)
			}
		} else {
			var l journalLine
			if err := strict(line, &l); err != nil {
				return 0, fmt.Errorf("line %d: %w", number, err)
			}
			j.outcomes[l.URI] = l.Outcome
		}
		whole += int64(len(line))
	}
}

func strict(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

func (j *Journal) outcome(uri string) (o Outcome, ok bool) {
	if j != nil {
		o, ok = j.outcomes[uri]
	}
	return o, ok
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

// Remove removes the journal's file and closes it, in this order: nobody else's journal can come to lie there between.
func (j *Journal) Remove() error {
	if err := os.Remove(j.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove journal: %w", errors.Join(err, j.Close()))
	}
	return j.Close()
}

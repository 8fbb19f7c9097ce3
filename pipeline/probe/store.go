package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"padapter/manifests/wholefile"
)

// Settings are what outcomes depend on besides the files. A store holds outcomes of the same ones only.
type Settings struct {
	Root      string `json:"root"`
	Decode    bool   `json:"decode"` // every frame, not only the first, and reject files with damaged ones
	Again     bool   `json:"again"`  // look into files that have facts already, too
	MaxPixels int64  `json:"max_pixels"`
	MaxFrames int64  `json:"max_frames"`
}

// Store is what was found so far: a file that says under which settings and is locked by the process that probes, and beside
// it, under the same name and .units, a folder in which each unit leaves its outcomes, whichever engine does it.
type Store struct {
	path     string
	settings Settings
	file     *os.File
	outcomes map[string]stored
}

// stored is an outcome that the store has.
type stored struct {
	outcome
	list int // number of the first list with a unit that has it; 0 for none that is there
}

// ErrOtherSettings says that a store was begun under other settings.
var ErrOtherSettings = errors.New("the results kept here were begun with other settings")

var errInUse = errors.New("another probe is at work on this output: wait for it, or give the two different outputs")

// The folder is the store's name with the first suffix; while it is being removed it has the second.
const (
	unitsSuffix = ".units"
	endedSuffix = ".ended"
)

// OpenStore opens a store, or begins one, and keeps other processes from it until Close. What is damaged, or was made under
// other settings, counts for nothing.
func OpenStore(path string, settings Settings) (_ *Store, err error) {
	f, err := wholefile.Lock(path)
	if errors.Is(err, wholefile.ErrLocked) {
		err = errInUse
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &Store{path: path, settings: settings, file: f, outcomes: map[string]stored{}}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open %s: %w", path, errors.Join(err, f.Close()))
		}
	}()
	if !isAt(f, path) { // another probe finished between opening and locking
		return nil, errInUse
	}
	whole, err := readOutcomes(f, settings, func(o fileOutcome) { s.add(o, 0) }) // older programs kept outcomes here, too
	if err != nil {
		return nil, err
	}
	if whole > 0 {
		return s, s.read()
	}
	if err := s.removeUnits(); err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return s, errors.Join(f.Truncate(0), json.NewEncoder(f).Encode(segmentHead{segmentVersion, settings}), f.Sync())
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

func (s *Store) folder() string { return s.path + unitsSuffix }

// read takes in what units found.
func (s *Store) read() error {
	entries, err := os.ReadDir(s.folder()) // in order, so that the first list counts
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "part-") || !strings.HasSuffix(e.Name(), ".jsonl") {
			continue
		}
		found, err := readSegment(filepath.Join(s.folder(), e.Name()), s.settings)
		if errors.Is(err, errDamaged) {
			continue // the unit that it is of makes it again
		}
		if err != nil {
			return err
		}
		for uri, o := range found {
			s.add(fileOutcome{path(uri), o}, listOfSegment(e.Name()))
		}
	}
	return nil
}

// add takes in an outcome, unless another try may end otherwise.
func (s *Store) add(o fileOutcome, list int) {
	if _, ok := s.outcomes[string(o.URI)]; !ok && !o.passing() {
		s.outcomes[string(o.URI)] = stored{o.outcome, list}
	}
}

// without lists the files of which the store has no outcome of a list before this one.
func (s *Store) without(uris []string, list int) (left []string) {
	for _, uri := range uris {
		if o, ok := s.outcomes[uri]; !ok || o.list >= list {
			left = append(left, uri)
		}
	}
	return left
}

// Close ends the use of the store, which stays.
func (s *Store) Close() error {
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return f.Close()
}

// Remove removes the store and closes it: the folder first, so that nobody else's store can come to lie there between.
func (s *Store) Remove() error {
	err := s.removeUnits()
	if err == nil {
		err = os.Remove(s.path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", s.path, errors.Join(err, s.Close()))
	}
	return s.Close()
}

// removeUnits removes the folder. It goes under another name first, where no worker that is late finds it.
func (s *Store) removeUnits() error {
	ended := s.path + endedSuffix
	if err := os.RemoveAll(ended); err != nil { // of a process that was killed at this
		return err
	}
	if err := os.Rename(s.folder(), ended); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(ended)
}

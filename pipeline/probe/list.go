package probe

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"padapter/manifests/wholefile"
	"padapter/pipeline"
)

// A list is version 4 of what older programs kept in the same folder.
const listVersion = 4

// listHead says how the files of a list are looked into. A list is lines of JSON: the head, then a path each. It appears
// whole and never changes.
type listHead struct {
	Version   int           `json:"padapter_probe_list"`
	Number    int           `json:"number"`   // of the list in its store, from 1
	Settings  Settings      `json:"settings"` // of the store
	Root      string        `json:"root"`     // that paths start from, for every process
	Timeout   time.Duration `json:"timeout_ns"`
	MaxHeld   int64         `json:"max_held"`           // Options.MaxHeld; the next three are of its Decoder
	MaxPixels int64         `json:"decoder_max_pixels"` // as given: the settings may have them before defaults
	MaxFrames int64         `json:"decoder_max_frames"`
	Packets   int64         `json:"decoder_max_held"`
	Unit      int           `json:"unit"`  // files of a unit
	Files     int           `json:"files"` // lines that follow
}

func (h listHead) units() int { return (h.Files + h.Unit - 1) / h.Unit }

// write writes the list.
func (h listHead) write(w io.Writer, uris []string) error {
	lines := json.NewEncoder(w)
	err := lines.Encode(h)
	for _, uri := range uris {
		if err == nil {
			err = lines.Encode(path(uri))
		}
	}
	return err
}

// listDigits are those of a list's number in names.
const listDigits = 6

// listName is what a list goes by: its number, and the beginning of its hash, by which a worker that is late with the units of
// another does no harm.
func listName(number int, hash string) string {
	return fmt.Sprintf("%0*d-%.16s", listDigits, number, hash)
}

// publish writes a list to a folder and opens it.
func (h listHead) publish(folder string, uris []string) (*list, error) {
	sum := sha256.New()
	if err := h.write(sum, uris); err != nil {
		return nil, fmt.Errorf("list the files: %w", err)
	}
	name := filepath.Join(folder, "list-"+listName(h.Number, hex.EncodeToString(sum.Sum(nil)))+".jsonl")
	if err := wholefile.Write(name, func(w io.Writer) error { return h.write(w, uris) }); err != nil {
		return nil, err
	}
	return openList(name)
}

// latestList is the one with the highest number that is whole; nil when there is none.
func latestList(folder string) (*list, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("folder of the units: %w", err)
	}
	for _, e := range slices.Backward(entries) {
		if name := e.Name(); strings.HasPrefix(name, "list-") && strings.HasSuffix(name, ".jsonl") {
			if l, err := openList(filepath.Join(folder, name)); err == nil {
				return l, nil
			}
		}
	}
	return nil, nil
}

// list is one that was opened. It holds where its units begin, not its paths.
type list struct {
	file    string
	head    listHead
	hash    string
	offsets []int64 // of each unit's first line, and of the end
}

// openList reads a list through once. The error wraps errDamaged when it is none.
func openList(name string) (*list, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("list of files: %w", err)
	}
	defer f.Close() // it is read from only
	l, err := scanList(f)
	if err != nil {
		return nil, fmt.Errorf("list of files %s: %w", name, err)
	}
	l.file = name
	return l, nil
}

func scanList(r io.Reader) (*list, error) {
	sum, l, at := sha256.New(), &list{}, int64(0)
	in := bufio.NewReader(io.TeeReader(r, sum))
	for number := -1; ; number++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if len(line) > 0 || number != l.head.Files || number < 1 {
				return nil, fmt.Errorf("%w: %d of %d files are listed", errDamaged, max(0, number), l.head.Files)
			}
			l.offsets, l.hash = append(l.offsets, at), hex.EncodeToString(sum.Sum(nil))
			return l, nil
		}
		if err != nil {
			return nil, err
		}
		switch {
		case number < 0:
			if err := strict(line, &l.head); err != nil || l.head.Version != listVersion || l.head.Unit < 1 {
				return nil, fmt.Errorf("%w: it has no head of version %d, which is what this program reads: use workers of the same version", errDamaged, listVersion)
			}
		case number%l.head.Unit == 0:
			l.offsets = append(l.offsets, at)
		}
		at += int64(len(line))
	}
}

// uris are the paths of a unit.
func (l *list) uris(unit int) (uris []string, err error) {
	f, err := os.Open(l.file)
	if err != nil {
		return nil, fmt.Errorf("list of files: %w", err)
	}
	defer f.Close() // it is read from only
	lines := json.NewDecoder(io.NewSectionReader(f, l.offsets[unit], l.offsets[unit+1]-l.offsets[unit]))
	for {
		var uri path
		err := lines.Decode(&uri)
		if errors.Is(err, io.EOF) {
			return uris, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list of files %s: %w", l.file, err)
		}
		uris = append(uris, string(uri))
	}
}

// all are the paths of all units.
func (l *list) all() (uris []string, err error) {
	for unit := range l.head.units() {
		part, err := l.uris(unit)
		if err != nil {
			return nil, err
		}
		uris = append(uris, part...)
	}
	return uris, nil
}

// cut makes units of a list.
func (l *list) cut() (units []pipeline.Unit) {
	for n := range l.head.units() {
		first := n * l.head.Unit
		units = append(units, pipeline.Unit{Number: n, First: first, Count: min(l.head.Unit, l.head.Files-first)})
	}
	return units
}

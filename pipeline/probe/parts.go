package probe

import (
	"bytes"
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

// The folder of parts is the journal's name with the first suffix; while it is being removed it has the second.
const (
	partsSuffix = ".units"
	endedSuffix = ".ended"
)

// errDamaged says of a part that it does not hold what a part holds.
var errDamaged = errors.New("damaged")

// partName is what the part of a list's unit is called. Parts have the form of a journal and appear whole.
func partName(list string, unit int) string { return fmt.Sprintf("part-%s-%06d.jsonl", list, unit) }

// listOfPart is the name of the list that a part belongs to.
func listOfPart(name string) (list string, ok bool) {
	if list, ok = strings.CutPrefix(name, "part-"); !ok || !strings.HasSuffix(name, ".jsonl") {
		return "", false
	}
	list, _, ok = strings.Cut(list, "-")
	return list, ok
}

// readParts takes in what workers found. A part that counts for nothing is made again by the unit that it is of.
func (j *Journal) readParts() error {
	folder := j.path + partsSuffix
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		list, ok := listOfPart(e.Name())
		if !ok {
			continue
		}
		found, err := readPart(filepath.Join(folder, e.Name()), j.settings)
		if errors.Is(err, errDamaged) {
			continue
		}
		if err != nil {
			return err
		}
		for uri, o := range found {
			if _, there := j.outcomes[uri]; !there && !o.passing() {
				j.outcomes[uri] = recorded{o, list}
			}
		}
	}
	return nil
}

// removeParts removes the folder of parts. It goes under another name first, where no worker that is late finds it.
func (j *Journal) removeParts() error {
	ended := j.path + endedSuffix
	if err := os.RemoveAll(ended); err != nil { // of a process that was killed at this
		return err
	}
	if err := os.Rename(j.path+partsSuffix, ended); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(ended)
}

// readPart returns the outcomes of a part. The error wraps errDamaged when it is no whole part under these settings.
func readPart(path string, settings JournalSettings) (map[string]Outcome, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("outcomes: %w", err)
	}
	found := map[string]Outcome{}
	whole, err := readLines(bytes.NewReader(text), settings, func(l journalLine) { found[l.URI] = l.Outcome })
	if err == nil && (whole == 0 || whole < int64(len(text))) {
		err = fmt.Errorf("%d of %d bytes are whole lines", whole, len(text))
	}
	if err != nil {
		return nil, fmt.Errorf("outcomes %s: %w: %w", path, errDamaged, err)
	}
	return found, nil
}

// writePart publishes the outcomes of some files, in a folder that is there: one that has been removed is not made again.
func writePart(path string, settings JournalSettings, uris []string, found map[string]Outcome) error {
	return wholefile.Write(path, func(w io.Writer) error {
		lines := json.NewEncoder(w)
		err := lines.Encode(journalHead{journalVersion, settings})
		for _, uri := range uris {
			if err == nil {
				err = lines.Encode(journalLine{uri, found[uri]})
			}
		}
		return err
	})
}

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
	"time"

	"padapter/manifests/wholefile"
)

const listVersion = 3

// listHead says how the files of a list are looked into. A list is lines of JSON: the head, then a path each. It appears
// whole and never changes.
type listHead struct {
	Version   int             `json:"padapter_probe_list"`
	Settings  JournalSettings `json:"settings"` // of the journal that the outcomes are for
	Root      string          `json:"root"`     // that paths start from, for every process
	Timeout   time.Duration   `json:"timeout_ns"`
	MaxHeld   int64           `json:"max_held"`           // Options.MaxHeld; the next three are of its Decoder
	MaxPixels int64           `json:"decoder_max_pixels"` // as given: the settings may have them before defaults
	MaxFrames int64           `json:"decoder_max_frames"`
	Packets   int64           `json:"decoder_max_held"`
	Unit      int             `json:"unit"`  // files of a unit
	Files     int             `json:"files"` // lines that follow
}

func (h listHead) units() int { return (h.Files + h.Unit - 1) / h.Unit }

// write writes the list.
func (h listHead) write(w io.Writer, uris []string) error {
	lines := json.NewEncoder(w)
	err := lines.Encode(h)
	for _, uri := range uris {
		if err == nil {
			err = lines.Encode(uri)
		}
	}
	return err
}

// hash is the hex SHA-256 of what write writes.
func (h listHead) hash(uris []string) (string, error) {
	sum := sha256.New()
	if err := h.write(sum, uris); err != nil {
		return "", fmt.Errorf("list the files: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// listName is what a list with this hash goes by.
func listName(hash string) string { return hash[:min(len(hash), 16)] }

func listFile(hash string) string { return "list-" + listName(hash) + ".jsonl" }

// publishList writes a list to a folder.
func publishList(path string, h listHead, uris []string) error {
	return wholefile.Write(path, func(w io.Writer) error { return h.write(w, uris) })
}

// list is one that was opened. It holds where its units begin, not its paths.
type list struct {
	path    string
	head    listHead
	hash    string
	offsets []int64 // of each unit's first line, and of the end
}

// openList reads a list through once. The error wraps errDamaged when it is none.
func openList(path string) (*list, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("list of files: %w", err)
	}
	defer f.Close() // it is read from only
	l, err := scanList(f)
	if err != nil {
		return nil, fmt.Errorf("list of files %s: %w", path, err)
	}
	l.path = path
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
	f, err := os.Open(l.path)
	if err != nil {
		return nil, fmt.Errorf("list of files: %w", err)
	}
	defer f.Close() // it is read from only
	lines := json.NewDecoder(io.NewSectionReader(f, l.offsets[unit], l.offsets[unit+1]-l.offsets[unit]))
	for {
		var uri string
		err := lines.Decode(&uri)
		if errors.Is(err, io.EOF) {
			return uris, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list of files %s: %w", l.path, err)
		}
		uris = append(uris, uri)
	}
}

package probe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"padapter/manifests/wholefile"
)

// A segment holds the outcomes of a unit's files as lines of JSON: a segmentHead, and a fileOutcome for each. It appears whole.

const segmentVersion = 1

type segmentHead struct {
	Version  int      `json:"padapter_probe"`
	Settings Settings `json:"settings"`
}

type fileOutcome struct {
	URI path `json:"uri"`
	outcome
}

// path is a file's, of any bytes: a JSON string, or a list of one string in base64 where it is not UTF-8.
type path string

// MarshalJSON is json.Marshaler's.
func (p path) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(p)) {
		return json.Marshal(string(p))
	}
	return json.Marshal([][]byte{[]byte(p)})
}

// UnmarshalJSON is json.Unmarshaler's.
func (p *path) UnmarshalJSON(text []byte) error {
	if !bytes.HasPrefix(text, []byte("[")) {
		return json.Unmarshal(text, (*string)(p))
	}
	var raw [][]byte
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	if len(raw) != 1 {
		return fmt.Errorf("a path in %d parts", len(raw))
	}
	*p = path(raw[0])
	return nil
}

// errDamaged says of a segment or list that it does not hold what it should.
var errDamaged = errors.New("damaged")

// segmentName is what the segment of a list's unit is called.
func segmentName(list string, unit int) string { return fmt.Sprintf("part-%s-%06d.jsonl", list, unit) }

// listOfSegment is the number of the list that a segment belongs to; 0 if there is none.
func listOfSegment(name string) int {
	number, _, _ := strings.Cut(strings.TrimPrefix(name, "part-"), "-")
	if len(number) != listDigits {
		return 0
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

// readOutcomes gives every outcome to take and returns how many bytes are whole lines; a line that was cut off counts for
// nothing. ErrOtherSettings is wrapped by the error for lines under other settings.
func readOutcomes(r io.Reader, settings Settings, take func(fileOutcome)) (whole int64, err error) {
	in := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil // what is left is half a line
		}
		if err != nil {
			return 0, err
		}
		if number == 1 {
			var head segmentHead
			if err := strict(line, &head); err != nil || head.Version != segmentVersion {
				return 0, fmt.Errorf("line 1 is not that of a probe of version %d: %w", segmentVersion, ErrOtherSettings)
			}
			if head.Settings != settings {
				return 0, fmt.Errorf("%+v, now %+v: %w", head.Settings, settings, ErrOtherSettings)
			}
		} else {
			var o fileOutcome
			if err := strict(line, &o); err != nil {
				return 0, fmt.Errorf("line %d: %w", number, err)
			}
			take(o)
		}
		whole += int64(len(line))
	}
}

func strict(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// readSegment returns the outcomes of a segment. The error wraps errDamaged when it is no whole one under these settings.
func readSegment(path string, settings Settings) (map[string]outcome, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("outcomes: %w", err)
	}
	found := map[string]outcome{}
	whole, err := readOutcomes(bytes.NewReader(text), settings, func(o fileOutcome) { found[string(o.URI)] = o.outcome })
	if err == nil && (whole == 0 || whole < int64(len(text))) {
		err = fmt.Errorf("%d of %d bytes are whole lines", whole, len(text))
	}
	if err != nil {
		return nil, fmt.Errorf("outcomes %s: %w: %w", path, errDamaged, err)
	}
	return found, nil
}

// writeSegment publishes the outcomes that there are of some files, in a folder that is there: one that has been removed is not made again.
func writeSegment(name string, settings Settings, uris []string, found map[string]outcome) error {
	return wholefile.Write(name, func(w io.Writer) error {
		lines := json.NewEncoder(w)
		err := lines.Encode(segmentHead{segmentVersion, settings})
		for _, uri := range uris {
			if o, ok := found[uri]; ok && err == nil {
				err = lines.Encode(fileOutcome{path(uri), o})
			}
		}
		return err
	})
}

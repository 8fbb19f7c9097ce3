package probe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Outcomes are kept as lines of JSON: a journalHead, and a journalLine for each file. A line that was cut off counts for nothing.

const journalVersion = 1

type journalHead struct {
	Version  int             `json:"padapter_probe"`
	Settings JournalSettings `json:"settings"`
}

type journalLine struct {
	URI string `json:"uri"`
	Outcome
}

// readLines gives every outcome to take and returns how many bytes are whole lines. ErrOtherJournal is wrapped by the error
// for lines under other settings.
func readLines(r io.Reader, settings JournalSettings, take func(journalLine)) (whole int64, err error) {
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
			take(l)
		}
		whole += int64(len(line))
	}
}

func strict(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

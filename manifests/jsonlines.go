package manifests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A JSON Lines manifest starts with a line {"manifest": header}. Each further line is a record without its zero fields.

type jsonHeader struct {
	Manifest *header `json:"manifest"`
}

func writeJSONLines(w io.Writer, m *Manifest, parts Parts) error {
	h := headerOf(m)
	if err := writeLine(w, jsonHeader{&h}); err != nil {
		return err
	}
	var line bytes.Buffer
	for records, err := range parts {
		if err != nil {
			return err
		}
		for i := range records {
			line.Reset()
			if err := appendLine(&line, &records[i]); err != nil {
				return fmt.Errorf("record %q: %w", records[i].ID, err)
			}
			if _, err := w.Write(line.Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendLine appends the line of a record.
func appendLine(line *bytes.Buffer, r *Record) error {
	line.WriteByte('{')
	for _, c := range columns {
		field := c.field(r)
		s := text(field)
		if s == "" {
			continue
		}
		if line.Len() > 1 {
			line.WriteByte(',')
		}
		fmt.Fprintf(line, "%q:", c.name)
		if _, isText := field.(*string); !isText {
			line.WriteString(s) // numbers and objects are JSON already
			continue
		}
		quoted, err := json.Marshal(s)
		if err != nil {
			return err
		}
		line.Write(quoted)
	}
	line.WriteString("}\n")
	return nil
}

func writeLine(w io.Writer, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// readJSONLines reads a JSON Lines manifest. The header line is optional. Unknown fields become extra fields. size is
// the number of bytes to read.
func readJSONLines(r io.Reader, size int64, into *collector) error {
	m, begun := into.m, false
	in := bufio.NewReaderSize(r, 1<<18)
	texts, done := newTexts(), int64(0)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line %d: %w", number, err)
		}
		last := err != nil
		done += int64(len(line))
		if into.whole() {
			m.Records = reserve(m.Records, done, size)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			rec, err := m.parseLine(line, number == 1, texts)
			if err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
			if !begun {
				if err := into.begun(); err != nil {
					return err
				}
				begun = true
			}
			if rec != nil {
				m.Records = append(m.Records, *rec)
				if err := into.pass(false); err != nil {
					return err
				}
			}
		}
		if last && !begun {
			return into.begun()
		}
		if last {
			return nil
		}
	}
}

// parseLine returns the record of a line, or nil if the line is the header, which it applies to m.
func (m *Manifest) parseLine(line []byte, first bool, texts *texts) (*Record, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(line, &raw); err != nil {
		return nil, fmt.Errorf("want a JSON object: %w", err)
	}
	if first {
		var h jsonHeader
		if err := json.Unmarshal(line, &h); err == nil && h.Manifest != nil {
			return nil, h.Manifest.apply(m)
		}
	}
	rec := blank()
	for _, c := range columns {
		value, ok := raw[c.name]
		if !ok {
			continue
		}
		delete(raw, c.name)
		s, err := plain(value)
		if err == nil {
			err = texts.parse(c.field(&rec), c.name, s)
		}
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", c.name, err)
		}
	}
	for name, value := range raw {
		s, err := plain(value)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", name, err)
		}
		if s == "" {
			continue
		}
		if rec.Extra == nil {
			rec.Extra = map[string]string{}
		}
		rec.Extra[name] = texts.keep(s, true)
	}
	rec.complete()
	return &rec, nil
}

// plain converts a JSON value to the text of a cell: a string without quotes, null as the empty string, anything else
// unchanged.
func plain(value json.RawMessage) (string, error) {
	if string(value) == "null" {
		return "", nil
	}
	if len(value) > 0 && value[0] == '"' {
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			return "", err
		}
		return s, nil
	}
	return string(value), nil
}

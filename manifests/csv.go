package manifests

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// csvPreamble starts the optional first line of a CSV manifest. The header follows it as JSON.
const csvPreamble = "# padapter manifest "

func writeCSV(w io.Writer, m *Manifest, parts Parts) error {
	head, err := json.Marshal(headerOf(m))
	if err != nil {
		return fmt.Errorf("encode header: %w", err)
	}
	if _, err := fmt.Fprintf(w, "%s%s\n", csvPreamble, head); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for records, err := range parts {
		if err != nil {
			return err
		}
		for i := range records {
			for j, c := range columns {
				row[j] = text(c.field(&records[i]))
			}
			if err := out.Write(row); err != nil {
				return fmt.Errorf("record %q: %w", records[i].ID, err)
			}
		}
	}
	out.Flush()
	return out.Error()
}

// readCSV reads a CSV manifest with or without the preamble. Columns may be in any order; id and uri are required.
// Unknown columns become extra fields. size is the number of bytes to read.
func readCSV(r *bufio.Reader, size int64, into *collector) error {
	m, lines := into.m, 0
	if start, err := r.Peek(len(csvPreamble)); err == nil && string(start) == csvPreamble {
		line, err := r.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("line 1: %w", err)
		}
		var h header
		if err := json.Unmarshal([]byte(strings.TrimPrefix(line, csvPreamble)), &h); err != nil {
			return fmt.Errorf("line 1: the manifest header: %w", err)
		}
		if err := h.apply(m); err != nil {
			return err
		}
		lines = 1
	}
	in := csv.NewReader(r)
	in.ReuseRecord = true
	names, err := in.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file has no line with column names")
	}
	if err != nil {
		return fmt.Errorf("column names: %w", err)
	}
	names = slices.Clone(names)
	names[0] = strings.TrimPrefix(names[0], "\ufeff") // byte order mark written by spreadsheets
	known, err := matchColumns(names)
	if err != nil {
		return err
	}
	if err := into.begun(); err != nil {
		return err
	}
	texts := newTexts()
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err // includes the line number
		}
		rec := blank()
		for i, cell := range cells {
			if known[i] == nil {
				continue
			}
			if err := texts.parse(known[i].field(&rec), names[i], cell); err != nil {
				line, _ := in.FieldPos(i)
				return fmt.Errorf("line %d, column %s: %w", line+lines, names[i], err)
			}
		}
		for i, cell := range cells {
			if known[i] == nil && cell != "" {
				if rec.Extra == nil {
					rec.Extra = map[string]string{}
				}
				rec.Extra[names[i]] = texts.keep(cell, true)
			}
		}
		rec.complete()
		if into.whole() {
			m.Records = reserve(m.Records, in.InputOffset(), size)
		}
		m.Records = append(m.Records, rec)
		if err := into.pass(false); err != nil {
			return err
		}
	}
}

// matchColumns returns the column of each name, or nil for unknown names.
func matchColumns(names []string) ([]*column, error) {
	known := make([]*column, len(names))
	for i, name := range names {
		if slices.Index(names, name) != i {
			return nil, fmt.Errorf("column %q occurs twice", name)
		}
		for j := range columns {
			if columns[j].name == name {
				known[i] = &columns[j]
			}
		}
	}
	for _, must := range []string{"id", "uri"} {
		if !slices.Contains(names, must) {
			return nil, fmt.Errorf("there is no column %q; the first line names %q", must, names)
		}
	}
	return known, nil
}

package ingest

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// kineticsRow is one annotated clip.
type kineticsRow struct {
	line       int
	label, id  string
	start, end int // seconds
	split      string
	extra      map[string]string // further columns
	wrong      string            // what is wrong with it; empty for nothing
}

// kineticsRows reads a CSV file of annotations row by row. Columns are found by their names in the header line.
type kineticsRows struct {
	name    string
	file    io.Closer
	csv     *csv.Reader
	header  []string
	columns map[string]int
	split   string                       // for files without such a column
	most    int                          // rows that there are at most; 0 when nobody counted
	extras  map[string]map[string]string // further columns by their texts, one map for all rows that agree
}

func openKinetics(name string) (*kineticsRows, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	lines, err := countLines(f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	rows, err := newKineticsRows(name, f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	rows.file, rows.most = f, lines
	return rows, nil
}

func countLines(r io.Reader) (lines int, err error) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := r.Read(buffer)
		lines += bytes.Count(buffer[:n], []byte{'\n'})
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

const kineticsHeader = "a header line like label,youtube_id,time_start,time_end,split"

func newKineticsRows(name string, r io.Reader) (*kineticsRows, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	start, err := buffered.Peek(1 << 12)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if strings.HasPrefix(string(start), "\ufeff") {
		_, _ = buffered.Discard(len("\ufeff")) // it was peeked at
	}
	k := &kineticsRows{name: name, csv: csv.NewReader(buffered), columns: map[string]int{}, extras: map[string]map[string]string{}}
	first, _, _ := strings.Cut(string(start), "\n")
	if strings.Contains(first, "\t") && !strings.Contains(first, ",") {
		k.csv.Comma = '\t'
	}
	k.csv.ReuseRecord = true
	header, err := k.csv.Read()
	if err != nil {
		return nil, k.wrong(kineticsHeader, err)
	}
	for i, column := range header {
		column = strings.ToLower(strings.TrimSpace(column))
		if _, twice := k.columns[column]; twice {
			return nil, fmt.Errorf("%s line 1: column %q stands there twice", name, column)
		}
		k.columns[column] = i
		k.header = append(k.header, column)
	}
	for _, column := range []string{"youtube_id", "time_start", "time_end"} {
		if _, ok := k.columns[column]; !ok {
			return nil, fmt.Errorf("%s line 1: want %s: there is no column %s among %q", name, kineticsHeader, column, k.header)
		}
	}
	stem, _, _ := strings.Cut(filepath.Base(name), ".")
	k.split = splitOf(stem)
	return k, nil
}

// wrong is an error that a CSV reader met; it holds the line.
func (k *kineticsRows) wrong(want string, err error) error {
	var parse *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%s: want %s: the file is empty", k.name, want)
	case errors.As(err, &parse):
		return fmt.Errorf("%s line %d: want %s: %w", k.name, parse.Line, want, parse.Err)
	default:
		return fmt.Errorf("%s: want %s: %w", k.name, want, err)
	}
}

func (k *kineticsRows) close() error { return k.file.Close() }

// next returns the next row; false behind the last. Its texts hold no other row's memory.
func (k *kineticsRows) next() (row kineticsRow, more bool, err error) {
	fields, err := k.csv.Read()
	if errors.Is(err, io.EOF) {
		return row, false, nil
	}
	if err != nil {
		return row, false, k.wrong(fmt.Sprintf("%d fields: %s", len(k.header), strings.Join(k.header, ",")), err)
	}
	row.line, _ = k.csv.FieldPos(0)
	get := func(column string) string {
		if i, ok := k.columns[column]; ok {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	row.label, row.id, row.split = get("label"), get("youtube_id"), k.split
	if split := get("split"); split != "" {
		row.split = splitOf(split)
		if row.split == "" {
			row.split = strings.Clone(split)
		}
	}
	row.extra = k.extra(fields)
	if row.id == "" {
		row.wrong = "youtube_id is empty"
	}
	row.start = row.seconds("time_start", get("time_start"))
	row.end = row.seconds("time_end", get("time_end"))
	return row, true, nil
}

// seconds reads a time.
func (r *kineticsRow) seconds(column, text string) int {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds >= 0 && seconds < 1e6) || seconds != float64(int(seconds)) {
		r.wrong = fmt.Sprintf("%s %q: want whole seconds from 0 to 999999", column, text)
		return 0
	}
	return int(seconds)
}

// mostExtras bounds how many different rows of further columns are kept to be shared.
const mostExtras = 1 << 12

// extra is what a row has in columns that are not ours; rows that agree share a map, since a million maps are 300 MB.
func (k *kineticsRows) extra(fields []string) map[string]string {
	var key strings.Builder
	for i, column := range k.header {
		if !kineticsColumns[column] {
			key.WriteString(fields[i])
			key.WriteByte(0)
		}
	}
	extra, ok := k.extras[key.String()]
	if ok || key.Len() == 0 {
		return extra
	}
	for i, column := range k.header {
		if value := strings.TrimSpace(fields[i]); value != "" && !kineticsColumns[column] {
			if extra == nil {
				extra = map[string]string{}
			}
			extra[column] = strings.Clone(value)
		}
	}
	if len(k.extras) < mostExtras {
		k.extras[key.String()] = extra
	}
	return extra
}

// kineticsColumns are those with a place in a record, and the one without a name that some files' numbers stand in.
var kineticsColumns = map[string]bool{"label": true, "youtube_id": true, "time_start": true, "time_end": true, "split": true, "": true}

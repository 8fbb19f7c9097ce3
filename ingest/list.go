package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"padapter/manifests"
)

// ListOptions say where a list and its files are.
type ListOptions struct {
	List    string   // file with one "path label" a line
	Root    string   // folder that the list's paths start from; empty stands for the list's own
	Dataset string   // name to record
	Split   string   // split to record for all lines
	Classes []string // class names in the order of their numbers; nil makes names of the numbers, or sorts the names
	Tool    string   // program and version to record
}

// List makes a manifest of a VideoMAE-style list: a path and a label a line, separated by a space, a comma or a tab. The
// path may hold any of these: the label is what follows the last separator. Labels are numbers from 0, or class names;
// when most are numbers, lines with something else are rejected. A path's id is the path.
func List(ctx context.Context, opt ListOptions) (res *Result, err error) {
	if opt.Root == "" {
		opt.Root = filepath.Dir(opt.List)
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return nil, fmt.Errorf("ingest list %s: %w", opt.List, err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	lines, err := readList(ctx, opt.List)
	if err != nil {
		return nil, fmt.Errorf("ingest list %s: %w", opt.List, err)
	}
	m := &manifests.Manifest{Dataset: opt.Dataset, Source: "list " + filepath.Base(opt.List), Root: t.root, Tool: opt.Tool}
	numbered := mostlyNumbers(lines)
	m.Records = make([]manifests.Record, 0, len(lines))
	seen := make(map[string]int, len(lines))
	for i, line := range lines {
		lines[i] = listLine{} // its text may go with the record
		r := manifests.Record{ID: strings.ToValidUTF8(line.path, "\ufffd"), URI: line.path, Kind: manifests.Video, Label: manifests.NoLabel, Split: opt.Split, Dataset: opt.Dataset}
		if kind, ok := kindOf(line.path); ok {
			r.Kind = kind
		}
		t.look(&r)
		reject := func(format string, args ...any) {
			r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("line %d: ", line.number)+fmt.Sprintf(format, args...)
		}
		switch label, err := strconv.ParseInt(line.label, 10, 32); {
		case line.label == "":
			reject("there is no label behind the path")
		case numbered && (err != nil || label < 0):
			reject("label %q is no class number from 0", line.label)
		case numbered:
			r.Label = int32(label)
		default:
			r.LabelName = line.label
		}
		if first, twice := seen[r.ID]; twice {
			reject("the path stands in line %d already", first)
			r.ID = fmt.Sprintf("%s (line %d)", r.ID, line.number)
		}
		seen[r.ID] = line.number
		m.Records = append(m.Records, r)
	}
	if numbered {
		err = nameClasses(m, opt.Classes)
	} else {
		err = numberClasses(m, opt.Classes)
	}
	if err != nil {
		return nil, fmt.Errorf("ingest list %s: %w", opt.List, err)
	}
	return &Result{Manifest: m}, nil
}

type listLine struct {
	number      int
	path, label string
}

// maxListLine bounds a line of a list, in bytes.
const maxListLine = 1 << 20

func readList(ctx context.Context, path string) (lines []listLine, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return parseList(ctx, f)
}

func parseList(ctx context.Context, r io.Reader) ([]listLine, error) {
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxListLine)
	var lines []listLine
	for number := 1; scan.Scan(); number++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		text := strings.TrimSpace(strings.TrimPrefix(scan.Text(), "\ufeff"))
		if text == "" {
			continue
		}
		line := listLine{number: number, path: text}
		if at := strings.LastIndexAny(text, " ,\t"); at >= 0 {
			line.path, line.label = strings.TrimRight(text[:at], " ,\t"), text[at+1:]
		}
		if unquoted, err := strconv.Unquote(line.path); err == nil {
			line.path = unquoted
		}
		line.label = strings.Trim(line.label, `"`)
		lines = append(lines, line)
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", len(lines)+1, err)
	}
	return lines, nil
}

func mostlyNumbers(lines []listLine) bool {
	numbers := 0
	for _, line := range lines {
		if _, err := strconv.ParseInt(line.label, 10, 32); err == nil {
			numbers++
		}
	}
	return 2*numbers > len(lines)
}

// nameClasses gives numbered records the names of their classes; without a list the names are the numbers.
func nameClasses(m *manifests.Manifest, classes []string) error {
	const mostClasses = 1 << 20
	if classes == nil {
		most := int32(-1)
		for i := range m.Records {
			most = max(most, m.Records[i].Label)
		}
		if most >= mostClasses {
			return fmt.Errorf("label %d: there can't be that many classes", most)
		}
		for i := range most + 1 {
			classes = append(classes, strconv.Itoa(int(i)))
		}
	}
	m.Classes = classes
	for i := range m.Records {
		r := &m.Records[i]
		switch {
		case r.Label == manifests.NoLabel:
		case int(r.Label) >= len(classes):
			r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("label %d: the class list has %d names, from 0", r.Label, len(classes))
			r.Label = manifests.NoLabel
		default:
			r.LabelName = classes[r.Label]
		}
	}
	return nil
}

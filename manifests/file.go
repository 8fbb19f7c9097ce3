package manifests

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"padapter/manifests/storage"
)

// formatVersion is written into every file; a reader refuses files of a later one.
const formatVersion = 1

// header is what records have in common, in the form that files hold.
type header struct {
	Version int      `json:"version"`
	Dataset string   `json:"dataset"`
	Classes []string `json:"classes"`
	Source  string   `json:"source"`
	Root    string   `json:"root"`
	Tool    string   `json:"tool"`
}

func headerOf(m *Manifest) header {
	return header{Version: formatVersion, Dataset: m.Dataset, Classes: m.Classes, Source: m.Source, Root: m.Root, Tool: m.Tool}
}

// apply fills m, or says that the file is too new.
func (h header) apply(m *Manifest) error {
	if h.Version > formatVersion {
		return fmt.Errorf("it has format version %d, this program reads up to %d: use a newer padapter", h.Version, formatVersion)
	}
	m.Dataset, m.Classes, m.Source, m.Root, m.Tool = h.Dataset, h.Classes, h.Source, h.Root, h.Tool
	return nil
}

// form is one of the file forms.
type form struct {
	write func(w io.Writer, head *Manifest, parts Parts) error // of head the records are left out
	read  func(f storage.Object, into *collector) error
}

func formOf(path string) (form, error) {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".parquet":
		return form{writeParquet, readParquet}, nil
	case ".csv":
		return form{writeCSV, func(f storage.Object, into *collector) error {
			return readCSV(bufio.NewReaderSize(storage.Reader(f), 1<<18), f.Size(), into)
		}}, nil
	case ".jsonl", ".ndjson":
		return form{writeJSONLines, func(f storage.Object, into *collector) error { return readJSONLines(storage.Reader(f), f.Size(), into) }}, nil
	default:
		return form{}, fmt.Errorf("manifest %s: the name ends in %q: use .parquet, .csv or .jsonl", path, ext)
	}
}

// expecting makes room for the records of a whole file once a part of its bytes has shown how long records are: growing
// by and by takes twice the memory.
func expecting(records []Record, done, size int64) []Record {
	const enough = 4096 // records to judge by
	if n := len(records); n == enough && done > 0 && done < size {
		return slices.Grow(records, int(float64(size-done)/float64(done)*1.02*float64(n))+1)
	}
	return records
}

// IsManifest reports whether a file's name is that of a manifest.
func IsManifest(path string) bool {
	_, err := formOf(path)
	return err == nil
}

// ReadFile reads a manifest in the form that the name's ending says, and validates it.
func ReadFile(path string) (*Manifest, error) {
	m, err := ReadUnchecked(path)
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("read manifest %s: %w", path, err)
	}
	return m, nil
}

// ReadUnchecked reads a manifest that may break the rules of Validate, to find out what is wrong with it.
func ReadUnchecked(path string) (m *Manifest, err error) {
	kind, err := formOf(path)
	if err != nil {
		return nil, err
	}
	f, err := storage.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if m, err = read(func(into *collector) error { return kind.read(f, into) }); err != nil {
		return nil, fmt.Errorf("read manifest %s: %w", path, err)
	}
	m.inferClasses()
	return m, nil
}

// WriteFile writes the manifest in the form that the name's ending says. The file appears whole or not at all, and
// equal manifests give equal bytes.
func (m *Manifest) WriteFile(path string) error {
	kind, err := formOf(path)
	if err != nil {
		return err
	}
	if err := m.Validate(); err != nil {
		return fmt.Errorf("write manifest %s: %w", path, err)
	}
	return storage.Write(path, func(w io.Writer) error { return kind.write(w, m, whole(m.Records)) })
}

// WriteParts writes a manifest of records that come part by part, and of which nobody need have all: head says the rest.
// Otherwise it is WriteFile, but the records are not checked. When parts end with an error there is no file, and the error
// comes back as it is.
func WriteParts(path string, head *Manifest, parts Parts) error {
	kind, err := formOf(path)
	if err != nil {
		return err
	}
	var broken error
	err = storage.Write(path, func(w io.Writer) error {
		return kind.write(w, head, func(yield func([]Record, error) bool) {
			for part, err := range parts {
				broken = err
				if !yield(part, err) {
					return
				}
			}
		})
	})
	if broken != nil {
		return broken
	}
	return err
}

// inferClasses makes the class list from the records where a file has none, as hand-written ones do.
func (m *Manifest) inferClasses() {
	if len(m.Classes) > 0 {
		return
	}
	given := newGivenClasses()
	given.add(m.Records)
	if list := given.classes(); list != nil {
		m.Classes = list
	}
}

// toldClasses are those that records tell of.
type givenClasses struct {
	names map[int32]string
	most  int32 // largest label
}

func newGivenClasses() *givenClasses { return &givenClasses{names: map[int32]string{}, most: -1} }

func (t *givenClasses) add(records []Record) {
	for i := range records {
		r := &records[i]
		if r.Label >= 0 && r.LabelName != "" {
			t.names[r.Label] = r.LabelName
		}
		t.most = max(t.most, r.Label)
	}
}

// classes lists them; nil where the records are unlabelled or a class has no name.
func (t *givenClasses) classes() []string {
	if t.most < 0 || len(t.names) != int(t.most)+1 {
		return nil
	}
	list := make([]string, t.most+1)
	for label, name := range t.names {
		list[label] = name
	}
	return list
}

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

// formatVersion is written into every file. A reader rejects files with a later version.
const formatVersion = 1

// header is the metadata of a manifest as stored in files.
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

// apply copies the header into m. It returns an error if the file is too new.
func (h header) apply(m *Manifest) error {
	if h.Version > formatVersion {
		return fmt.Errorf("it has format version %d, this program reads up to %d: use a newer padapter", h.Version, formatVersion)
	}
	m.Dataset, m.Classes, m.Source, m.Root, m.Tool = h.Dataset, h.Classes, h.Source, h.Root, h.Tool
	return nil
}

// form is one of the file formats.
type form struct {
	write func(w io.Writer, head *Manifest, parts Parts) error // head is used without its records
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

// reserve allocates capacity for all records of a file once the first ones show how many bytes a record takes. Growing
// step by step takes twice the memory.
func reserve(records []Record, done, size int64) []Record {
	const enough = 4096 // number of records for the estimate
	if n := len(records); n == enough && done > 0 && done < size {
		return slices.Grow(records, int(float64(size-done)/float64(done)*1.02*float64(n))+1)
	}
	return records
}

// IsManifest reports whether a file name has the extension of a manifest.
func IsManifest(path string) bool {
	_, err := formOf(path)
	return err == nil
}

// ReadFile reads a manifest in the format of the file's extension and validates it.
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

// ReadUnchecked reads a manifest without validating it, to report what is wrong with it.
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

// WriteFile validates the manifest and writes it in the format of the file's extension. The file appears whole or not
// at all. Equal manifests give equal bytes.
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

// WriteParts writes a manifest whose records arrive in parts, so that they need not all be in memory. head holds
// everything else. Unlike WriteFile it does not validate the records. If parts ends with an error, no file is written,
// and WriteParts returns that error unchanged.
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

// inferClasses derives the class list from the records of a file without one, such as a hand-written file.
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

// givenClasses collects the classes that records name.
type givenClasses struct {
	names map[int32]string
	most  int32 // highest label
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

// classes returns the class names by label, or nil if the records are unlabelled or a class has no name.
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

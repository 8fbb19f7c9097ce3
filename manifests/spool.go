package manifests

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// Spool keeps the records of a manifest in a temporary file, for those who need a range of them at a time: memory does
// not grow with the manifest but for 8 bytes in 256 records. Its methods may be called at the same time. It is to be
// closed; the file has no name, so nothing is left of it when the process is killed.
type Spool struct {
	head   Manifest
	count  int
	hash   string
	splits []string

	file    *os.File
	offsets []int64 // of the chunks, and where the last ends
}

// spoolChunk is how many records are written and read at once.
const spoolChunk = 256

// NewSpool takes all records of parts, which head describes. It does not check them: see Checked.
func NewSpool(head *Manifest, parts Parts) (_ *Spool, err error) {
	s := &Spool{head: *head, offsets: []int64{0}}
	s.head.Records = nil
	if s.file, err = os.CreateTemp("", "padapter-manifest-*"); err != nil {
		return nil, fmt.Errorf("keep the manifest's records in a temporary file (TMPDIR names the folder): %w", err)
	}
	if err := os.Remove(s.file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("keep the manifest's records: %w", err), s.file.Close())
	}
	sum, splits := newHasher(head), map[string]bool{}
	for part, err := range regroup(parts, spoolChunk) {
		if err == nil {
			err = s.add(part)
		}
		if err != nil {
			return nil, errors.Join(err, s.file.Close())
		}
		sum.add(part)
		for i := range part {
			splits[part[i].Split] = true
		}
	}
	s.hash = sum.end()
	s.splits = slices.Sorted(maps.Keys(splits))
	return s, nil
}

func (s *Spool) add(chunk []Record) error {
	var text bytes.Buffer
	err := gob.NewEncoder(&text).Encode(chunk)
	if err == nil {
		_, err = s.file.Write(text.Bytes())
	}
	if err != nil {
		return fmt.Errorf("keep the manifest's records in a temporary file (TMPDIR names the folder): %w", err)
	}
	s.count += len(chunk)
	s.offsets = append(s.offsets, s.offsets[len(s.offsets)-1]+int64(text.Len()))
	return nil
}

// Spool is NewSpool of a manifest that is in memory.
func (m *Manifest) Spool() (*Spool, error) { return NewSpool(m, whole(m.Records)) }

// Head is the manifest without its records. It is the spool's.
func (s *Spool) Head() *Manifest { return &s.head }

// Len is the number of records.
func (s *Spool) Len() int { return s.count }

// Hash is Manifest.Hash of head and records.
func (s *Spool) Hash() string { return s.hash }

// Splits lists the splits of the records, sorted; records without one count as "".
func (s *Spool) Splits() []string { return s.splits }

// Range returns a manifest of n records from number first, counting from 0.
func (s *Spool) Range(first, n int) (*Manifest, error) {
	if first < 0 || n < 0 || first > s.count-n {
		return nil, fmt.Errorf("records %d to %d of a manifest of %d", first, first+n-1, s.count)
	}
	m := s.head
	m.Records = make([]Record, 0, n)
	for at := first; at < first+n; {
		number := at / spoolChunk
		var chunk []Record
		from := s.offsets[number]
		if err := gob.NewDecoder(io.NewSectionReader(s.file, from, s.offsets[number+1]-from)).Decode(&chunk); err != nil {
			return nil, fmt.Errorf("read the manifest's records from a temporary file: %w", err)
		}
		skip := at - number*spoolChunk
		take := min(len(chunk)-skip, first+n-at)
		if take < 1 {
			return nil, errors.New("read the manifest's records from a temporary file: some are missing")
		}
		m.Records = append(m.Records, chunk[skip:skip+take]...)
		at += take
	}
	return &m, nil
}

// Close frees the file.
func (s *Spool) Close() error { return s.file.Close() }

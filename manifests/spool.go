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

// Spool keeps the records of a manifest in a temporary file for random access by range. It uses 8 bytes of memory per
// 256 records. It is safe for concurrent use. The caller must close it. The file is unlinked, so a killed process
// leaves nothing behind.
type Spool struct {
	head   Manifest
	count  int
	hash   string
	splits []string

	file    *os.File
	offsets []int64 // of the chunks, and the end of the last
}

// spoolChunk is the number of records per read or write.
const spoolChunk = 256

// NewSpool stores all records of parts. head holds the rest of the manifest. The records are not validated: see
// Checked.
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

// Spool is NewSpool for a manifest in memory.
func (m *Manifest) Spool() (*Spool, error) { return NewSpool(m, whole(m.Records)) }

// Head returns the manifest without its records. The caller must not change it.
func (s *Spool) Head() *Manifest { return &s.head }

// Len returns the number of records.
func (s *Spool) Len() int { return s.count }

// Hash returns the Manifest.Hash of head and records.
func (s *Spool) Hash() string { return s.hash }

// Splits returns the splits of the records, sorted; "" stands for records without a split.
func (s *Spool) Splits() []string { return s.splits }

// Range returns a manifest of n records, starting at index first.
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

// Close deletes the file.
func (s *Spool) Close() error { return s.file.Close() }

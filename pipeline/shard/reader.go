package shard

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests/storage"
)

// reader is an open shard.
type reader struct {
	path string
	file storage.Object
	in   batches
	rows func(i int) int // of record batch i
}

// open opens shard number and checks that its schema is the set's.
func (s *Set) open(number int) (r *reader, err error) {
	e := s.index.Shards[number]
	path := storage.Join(s.dir, e.Name)
	file, err := storage.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open shard: %w", err)
	}
	defer func() {
		if err != nil {
			r, err = nil, errors.Join(err, file.Close())
		}
	}()
	in, err := s.index.Job.kind().open(file, file.Size(), s.index.Job)
	if err != nil {
		return nil, fmt.Errorf("open shard %s: %w: %w", path, ErrCorrupt, err)
	}
	if err := s.check(in); err != nil {
		return nil, fmt.Errorf("open shard %s: %w", path, err)
	}
	perBatch := s.index.Job.BatchRows
	if want := batchCount(e.Rows, perBatch); in.count() != want {
		return nil, fmt.Errorf("open shard %s: %w: it has %d record batches, want %d", path, ErrCorrupt, in.count(), want)
	}
	return &reader{path: path, file: file, in: in, rows: func(i int) int { return min(perBatch, e.Rows-i*perBatch) }}, nil
}

// batchCount is the number of record batches that hold so many rows.
func batchCount(rows, perBatch int) int { return (rows + perBatch - 1) / perBatch }

// check compares a shard's metadata with the index.
func (s *Set) check(in batches) error {
	meta, err := in.meta()
	if err != nil {
		return err
	}
	want := s.meta
	if want.Classes == nil {
		want.Classes = []string{}
	}
	if meta.Classes == nil {
		meta.Classes = []string{}
	}
	if !reflect.DeepEqual(meta, want) {
		return fmt.Errorf("its schema is not the one of the index: %w; run preprocess again", ErrCorrupt)
	}
	return nil
}

// record reads record batch i, which the caller releases.
func (r *reader) record(i int, mem memory.Allocator) (arrow.Record, error) {
	record, err := r.in.record(i, r.rows(i), mem)
	return record, r.explain(i, err)
}

// explain says where an error came from, if there is one.
func (r *reader) explain(i int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read shard %s, record batch %d: %w: %w", r.path, i, ErrCorrupt, err)
}

func (r *reader) close() error {
	if r == nil {
		return nil
	}
	return r.file.Close()
}

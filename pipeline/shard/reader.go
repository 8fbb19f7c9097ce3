package shard

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/pipeline/batch"
)

// reader is an open shard.
type reader struct {
	path string
	file *os.File
	ipc  *ipcFile
	mem  memory.Allocator
	rows func(i int) int // of record batch i
}

// open opens shard number and checks that its schema is the set's.
func (s *Set) open(number int) (r *reader, err error) {
	e := s.index.Shards[number]
	path := filepath.Join(s.dir, e.Name)
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open shard: %w", err)
	}
	defer func() {
		if err != nil {
			r, err = nil, errors.Join(err, file.Close())
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("open shard: %w", err)
	}
	in, err := openIPC(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("open shard %s: %w: %w", path, ErrCorrupt, err)
	}
	if err := s.check(in.schema); err != nil {
		return nil, fmt.Errorf("open shard %s: %w", path, err)
	}
	perBatch := s.index.Job.BatchRows
	if want := batches(e.Rows, perBatch); len(in.blocks) != want {
		return nil, fmt.Errorf("open shard %s: %w: it has %d record batches, want %d", path, ErrCorrupt, len(in.blocks), want)
	}
	return &reader{path: path, file: file, ipc: in, mem: s.mem, rows: func(i int) int { return min(perBatch, e.Rows-i*perBatch) }}, nil
}

// batches is the number of record batches that hold so many rows.
func batches(rows, perBatch int) int { return (rows + perBatch - 1) / perBatch }

// check compares a shard's schema with the index.
func (s *Set) check(schema *arrow.Schema) error {
	meta, err := batch.MetaOf(schema)
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
	if !schema.Equal(batch.Schema(s.meta)) || !reflect.DeepEqual(meta, want) {
		return fmt.Errorf("its schema is not the one of the index: %w; run preprocess again", ErrCorrupt)
	}
	return nil
}

// record reads record batch i, which the caller releases.
func (r *reader) record(i int) (arrow.Record, error) {
	record, err := r.ipc.record(i, r.rows(i), r.mem)
	if err != nil {
		return nil, fmt.Errorf("read shard %s, record batch %d: %w: %w", r.path, i, ErrCorrupt, err)
	}
	return record, nil
}

func (r *reader) close() error {
	if r == nil {
		return nil
	}
	return r.file.Close()
}

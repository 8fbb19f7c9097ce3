package shard

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests/storage"
	"padapter/pipeline/batch"
)

// File is one shard outside its folder. Close it.
type File struct {
	path string
	file storage.Object
	in   batches
	meta batch.Meta
}

// OpenFile opens one file of clips, whose kind its suffix tells.
func OpenFile(path string) (f *File, err error) {
	file, err := storage.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open shard: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	open := openArrow
	for _, kind := range fileKinds {
		if kind.suffix == filepath.Ext(path) {
			open = kind.open
		}
	}
	in, err := open(file, file.Size(), Job{})
	if err != nil {
		return nil, fmt.Errorf("open shard %s: %w", path, err)
	}
	meta, err := in.meta()
	if err != nil {
		return nil, fmt.Errorf("open shard %s: %w", path, err)
	}
	return &File{path: path, file: file, in: in, meta: meta}, nil
}

// Meta describes the batches.
func (f *File) Meta() batch.Meta { return f.meta }

// Schema is that of the batches.
func (f *File) Schema() *arrow.Schema { return batch.Schema(f.meta) }

// Batches iterates over the record batches, as Set.Batches does.
func (f *File) Batches(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		for i := range f.in.count() {
			err := context.Cause(ctx)
			var record arrow.Record
			if err == nil {
				record, err = f.in.record(i, anyRows, memory.NewGoAllocator())
			}
			if err != nil {
				yield(nil, fmt.Errorf("read shard %s, record batch %d: %w", f.path, i, err))
				return
			}
			more := yield(record, nil)
			record.Release()
			if !more {
				return
			}
		}
	}
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

package shard

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/pipeline/batch"
)

// File is one shard outside its folder. Close it.
type File struct {
	path string
	file *os.File
	ipc  *ipcFile
	meta batch.Meta
}

// OpenFile opens one Arrow file of clips.
func OpenFile(path string) (f *File, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open shard: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("open shard: %w", err)
	}
	in, err := openIPC(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("open shard %s: %w", path, err)
	}
	meta, err := batch.MetaOf(in.schema)
	if err == nil && !in.schema.Equal(batch.Schema(meta)) {
		err = errors.New("its columns are not those of a batch of clips")
	}
	if err != nil {
		return nil, fmt.Errorf("open shard %s: %w", path, err)
	}
	return &File{path: path, file: file, ipc: in, meta: meta}, nil
}

// Meta describes the batches.
func (f *File) Meta() batch.Meta { return f.meta }

// Schema is the file's schema.
func (f *File) Schema() *arrow.Schema { return f.ipc.schema }

// RecordBatches is the number of record batches.
func (f *File) RecordBatches() int { return len(f.ipc.blocks) }

// Batches iterates over the record batches, as Set.Batches does.
func (f *File) Batches(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		for i := range f.ipc.blocks {
			err := context.Cause(ctx)
			var record arrow.Record
			if err == nil {
				record, err = f.ipc.record(i, anyRows, memory.NewGoAllocator())
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

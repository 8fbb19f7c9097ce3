package shard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests/storage"
	"padapter/pipeline/batch"
)

// Set is a complete folder of shards.
type Set struct {
	dir   string
	index Index
	meta  batch.Meta
	mem   memory.Allocator

	once    sync.Mutex
	classes []int32 // of every row, when they have been asked for
}

// ErrMedia is wrapped by the error of a folder for OpenMedia.
var ErrMedia = errors.New("encoded records, not clips")

// OpenDir opens a folder that preprocess has finished. It checks that all shards are there and have their sizes; Verify
// checks their bytes.
func OpenDir(dir string) (*Set, error) {
	ix, err := ReadIndex(dir)
	if err != nil {
		return nil, err
	}
	if ix.Job.Content != "" {
		return nil, fmt.Errorf("open shards: %s holds %w (%s)", dir, ErrMedia, ix.Job.Content)
	}
	sizes := map[string]int64{}
	if err := storage.List(dir, func(e storage.Entry) error { sizes[e.Name] = e.Size; return nil }); err != nil {
		return nil, fmt.Errorf("open shards: %w", err)
	}
	for _, e := range ix.Shards {
		switch size, ok := sizes[e.Name]; {
		case !ok:
			return nil, fmt.Errorf("open shards: %s: %w; run preprocess again", storage.Join(dir, e.Name), fs.ErrNotExist)
		case size != e.Bytes:
			return nil, fmt.Errorf("open shards: %s has %d bytes, the index says %d: %w; run preprocess again", storage.Join(dir, e.Name), size, e.Bytes, ErrCorrupt)
		}
	}
	meta := batch.NewMeta(ix.Job.Clip, ix.Job.Classes, ix.Job.Seed, ix.Job.Version)
	if err := meta.Shape.Validate(); err != nil {
		return nil, fmt.Errorf("open shards %s: %w", dir, err)
	}
	return &Set{dir: dir, index: ix, meta: meta, mem: memory.NewGoAllocator()}, nil
}

// WithAllocator makes the set allocate what it reads from mem, and returns it.
func (s *Set) WithAllocator(mem memory.Allocator) *Set {
	s.mem = mem
	return s
}

// Index describes the folder.
func (s *Set) Index() Index { return s.index }

// Meta describes the batches.
func (s *Set) Meta() batch.Meta { return s.meta }

// Rows is the number of rows in all shards.
func (s *Set) Rows() int { return s.index.Rows }

// Shard returns the set of one shard alone.
func (s *Set) Shard(number int) *Set {
	one := &Set{dir: s.dir, index: s.index, meta: s.meta, mem: s.mem}
	e := s.index.Shards[number]
	one.index.Shards, one.index.Rows, one.index.Errors, one.index.Bytes = []Entry{e}, e.Rows, e.Errors, e.Bytes
	return one
}

// Verify compares the bytes of every shard with its checksum and reports all that differ.
func (s *Set) Verify(ctx context.Context) error { return s.index.verify(ctx, s.dir) }

// Verify is Set.Verify for media.
func (s *MediaSet) Verify(ctx context.Context) error { return s.index.verify(ctx, s.dir) }

func (ix Index) verify(ctx context.Context, dir string) error {
	var errs []error
	for _, e := range ix.Shards {
		if err := e.verify(ctx, dir); err != nil {
			errs = append(errs, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

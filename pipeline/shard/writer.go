package shard

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/manifests/storage"
)

// Entry is what the index and a completion marker say of one shard.
type Entry struct {
	Name   string `json:"name"`
	Rows   int    `json:"rows"`             // with and without errors
	Errors int    `json:"errors"`           // rows with an error
	Bytes  int64  `json:"bytes"`            // size of the file
	XXH128 string `json:"xxh128,omitempty"` // checksum of the file: see Entry.Checksum
	SHA256 string `json:"sha256,omitempty"` // instead, in folders of programs that wrote SHA-256
}

// Compressions lists the names of compressions; see CheckFiles for those that a kind of file takes.
func Compressions() []string { return []string{"none", "lz4", "zstd"} }

// Writer writes one shard. End it with Commit or Abort; Abort after Commit does nothing, so it can be deferred.
type Writer struct {
	dir   string
	draft storage.Draft
	out   *output
	sink  sink
	entry Entry
}

// Create starts a shard of a folder that Begin has made. The completion marker of a damaged shard of that name is withdrawn.
// One that holds stays: another process has made the shard meanwhile, with the same bytes.
func Create(ctx context.Context, dir string, job Job, number int, schema *arrow.Schema) (*Writer, error) {
	name := job.Name(number)
	if err := CheckFiles(job.Files, job.Compression); err != nil {
		return nil, fmt.Errorf("create shard %s: %w", name, err)
	}
	_, kept, err := Kept(ctx, dir, job, number)
	if err == nil && !kept {
		err = withdraw(dir, name)
	}
	if err = errors.Join(err, storage.Sweep(dir, name)); err != nil {
		return nil, fmt.Errorf("create shard %s: %w", name, err)
	}
	draft, err := storage.Create(storage.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("create shard: %w", err)
	}
	w := &Writer{dir: dir, draft: draft, out: &output{to: draft}, entry: Entry{Name: name}}
	if w.sink, err = job.kind().create(w.out, schema, job, number*job.ShardRecords*job.Views); err != nil {
		return nil, fmt.Errorf("create shard %s: %w", name, errors.Join(err, w.Abort()))
	}
	return w, nil
}

// Write adds a batch.
func (w *Writer) Write(record arrow.Record) error {
	if err := w.sink.Write(record); err != nil {
		return fmt.Errorf("write shard %s: %w", w.entry.Name, err)
	}
	w.entry.Rows += int(record.NumRows())
	for _, column := range record.Schema().FieldIndices("error") {
		w.entry.Errors += record.Column(column).Len() - record.Column(column).NullN()
	}
	return nil
}

// Commit completes the shard and its completion marker.
func (w *Writer) Commit() (Entry, error) {
	if err := w.sink.Close(); err != nil {
		return Entry{}, fmt.Errorf("finish shard %s: %w", w.entry.Name, errors.Join(err, w.Abort()))
	}
	w.entry.Bytes, w.entry.XXH128 = w.out.size, w.out.checksum()
	if there, err := readJSON[Entry](markerPath(w.dir, w.entry.Name)); err == nil && there != w.entry { // of an earlier program's file
		if err := withdraw(w.dir, w.entry.Name); err != nil {
			return Entry{}, errors.Join(err, w.Abort())
		}
	}
	if err := w.draft.Commit(); err != nil {
		return Entry{}, err
	}
	return w.entry, writeMarker(w.dir, w.entry)
}

// Abort drops a shard that was not committed.
func (w *Writer) Abort() error {
	if w == nil {
		return nil
	}
	return w.draft.Abort()
}

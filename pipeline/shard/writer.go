package shard

import (
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

// Writer writes one shard. End it with Publish or Discard; Discard after Publish does nothing, so it can be deferred.
type Writer struct {
	dir   string
	draft storage.Draft
	out   *output
	sink  sink
	entry Entry
}

// Create starts a shard of a folder that Begin has made. A completion marker of an earlier shard of that name is withdrawn.
func Create(dir string, job Job, number int, schema *arrow.Schema) (*Writer, error) {
	name := job.Name(number)
	if err := CheckFiles(job.Files, job.Compression); err != nil {
		return nil, fmt.Errorf("create shard %s: %w", name, err)
	}
	if err := errors.Join(withdraw(dir, name), storage.Sweep(dir, name)); err != nil {
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

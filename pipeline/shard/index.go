package shard

import (
	"errors"
	"fmt"
	"io/fs"

	"padapter/manifests/storage"
)

// Index describes a complete folder.
type Index struct {
	Format int     `json:"format"`
	Job    Job     `json:"job"`
	Rows   int     `json:"rows"`
	Errors int     `json:"errors"`
	Bytes  int64   `json:"bytes"`
	Shards []Entry `json:"shards"` // in order
}

// Finish writes the index if every shard has a completion marker; complete is false when some have none.
func Finish(dir string, job Job) (ix Index, complete bool, err error) {
	ix = Index{Format: formatVersion, Job: job, Shards: []Entry{}}
	for number := range job.Shards() {
		e, ok := Completed(dir, job, number)
		if !ok {
			return ix, false, nil
		}
		ix.Shards = append(ix.Shards, e)
		ix.Rows += e.Rows
		ix.Errors += e.Errors
		ix.Bytes += e.Bytes
	}
	if err := writeJSON(storage.Join(dir, indexFile), ix); err != nil {
		return ix, false, err
	}
	return ix, true, nil
}

// Sweep removes drafts of the folder's own files that a crash left behind. Nobody else may be finishing the same folder.
func Sweep(dir string) error {
	return errors.Join(storage.Sweep(dir, jobFile), storage.Sweep(dir, indexFile))
}

// ReadIndex reads and checks a folder's index.
func ReadIndex(dir string) (Index, error) {
	ix, err := readJSON[Index](storage.Join(dir, indexFile))
	if errors.Is(err, fs.ErrNotExist) {
		if _, jobErr := readJSON[Job](storage.Join(dir, jobFile)); jobErr == nil {
			return ix, fmt.Errorf("open shards: %s is not finished (it has no %s): run the same preprocess command again", dir, indexFile)
		}
		return ix, fmt.Errorf("open shards: %s has no %s: it is no folder that preprocess made: %w", dir, indexFile, fs.ErrNotExist)
	}
	if err != nil {
		return ix, fmt.Errorf("open shards: %w", err)
	}
	if ix.Format != formatVersion {
		return ix, fmt.Errorf("open shards: the index of %s has format %d, this program reads %d: run preprocess again, into another folder", dir, ix.Format, formatVersion)
	}
	if j := ix.Job; j.Records < 0 || j.ShardRecords < 1 || j.Views < 1 || j.BatchRows < 1 {
		return ix, fmt.Errorf("open shards: the index of %s has %d records in shards of %d with %d views and batches of %d rows", dir, j.Records, j.ShardRecords, j.Views, j.BatchRows)
	}
	if len(ix.Shards) != ix.Job.Shards() {
		return ix, fmt.Errorf("open shards: the index of %s lists %d shards, its job has %d", dir, len(ix.Shards), ix.Job.Shards())
	}
	for number, e := range ix.Shards {
		if e.Name != ix.Job.Name(number) || e.Rows != ix.Job.Rows(number) {
			return ix, fmt.Errorf("open shards: the index of %s calls shard %d %q with %d rows, want %q with %d", dir, number, e.Name, e.Rows, ix.Job.Name(number), ix.Job.Rows(number))
		}
	}
	return ix, nil
}

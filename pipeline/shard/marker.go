package shard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"padapter/manifests/storage"
)

// ErrCorrupt is wrapped by the error of a shard whose bytes are not those that were written.
var ErrCorrupt = errors.New("the file is not what was written")

func markerPath(dir, name string) string { return storage.Join(dir, markersDir, name+".json") }

func writeMarker(dir string, e Entry) error {
	if err := storage.Sweep(storage.Join(dir, markersDir), e.Name+".json"); err != nil {
		return err
	}
	return writeJSON(markerPath(dir, e.Name), e)
}

// withdraw removes a completion marker, durably, before its shard is replaced.
func withdraw(dir, name string) error {
	switch err := storage.Remove(markerPath(dir, name)); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("withdraw completion marker: %w", err)
	}
	return storage.Sync(storage.Join(dir, markersDir))
}

// Completed returns what is known of a shard; false when there is no completion marker, or one that cannot be read.
func Completed(dir string, job Job, number int) (Entry, bool) {
	e, err := readJSON[Entry](markerPath(dir, job.Name(number)))
	return e, err == nil && e.Name == job.Name(number) && e.Rows == job.Rows(number)
}

// Kept reports whether a shard is there and whole: its completion marker is, and its bytes have the size and the checksum that
// the completion marker gives.
func Kept(ctx context.Context, dir string, job Job, number int) (Entry, bool, error) {
	e, ok := Completed(dir, job, number)
	if !ok {
		return e, false, ctx.Err()
	}
	switch err := e.verify(ctx, dir); {
	case err == nil:
		return e, true, nil
	case errors.Is(err, ErrCorrupt), errors.Is(err, fs.ErrNotExist):
		return e, false, nil
	default:
		return e, false, err
	}
}

// verify compares a file with its entry.
func (e Entry) verify(ctx context.Context, dir string) (err error) {
	path := storage.Join(dir, e.Name)
	file, err := storage.Open(path)
	if err != nil {
		return fmt.Errorf("verify shard: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if file.Size() != e.Bytes {
		return fmt.Errorf("shard %s has %d bytes, its entry says %d: %w; run preprocess again to make it anew", path, file.Size(), e.Bytes, ErrCorrupt)
	}
	in := storage.Reader(file)
	sum, result := e.hasher()
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := in.Read(buf)
		_, _ = sum.Write(buf[:n]) // never fails
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("verify shard %s: %w", path, err)
		}
	}
	if got := result(); got != e.Checksum() {
		return fmt.Errorf("shard %s has the checksum %s, its entry says %s: %w; run preprocess again to make it anew", path, got, e.Checksum(), ErrCorrupt)
	}
	return nil
}

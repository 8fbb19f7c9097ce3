package shard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"padapter/manifests/storage"
)

// ErrOtherJob is wrapped by the error of a folder that belongs to another job.
var ErrOtherJob = errors.New("it is another job's")

// Hash is the hexadecimal SHA-256 of all that a job says.
func (j Job) Hash() (string, error) {
	text, err := json.Marshal(j)
	if err != nil {
		return "", fmt.Errorf("hash job: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Join returns the job of a folder that another process began, if it has that hash. It never makes a folder: one that is
// not there is not on storage that the processes share.
func Join(dir, hash string) (Job, error) {
	job, err := readJSON[Job](storage.Join(dir, jobFile))
	if errors.Is(err, fs.ErrNotExist) {
		return job, fmt.Errorf("join the job in %s: it has no %s: mount the storage that the job was begun on, at the same path: %w", dir, jobFile, err)
	}
	if err != nil {
		return job, fmt.Errorf("join the job in %s: %w", dir, err)
	}
	got, err := job.Hash()
	if err == nil && got != hash {
		err = fmt.Errorf("%w: its hash is %.12s…, want %.12s…", ErrOtherJob, got, hash)
	}
	if err != nil {
		return job, fmt.Errorf("join the job in %s: %w", dir, err)
	}
	return job, nil
}

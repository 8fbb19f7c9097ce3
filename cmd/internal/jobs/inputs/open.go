package inputs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"padapter/cmd/internal/jobs"
	"padapter/ingest"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/storage"
	"padapter/pipeline/shard"
)

// Kinds are some of the things that a path can hold.
type Kinds int

// What a path holds.
const (
	Records Kinds = 1 << iota // a manifest
	Clips                     // a folder of shards of clips
	Media                     // a folder of shards of encoded media
	Files                     // a folder, a tar archive or an object store's prefix with videos and images
	File                      // one video or image

	Prepared = Records | Clips | Media // what training and measuring take
	Anything = Records | Clips | Media | Files | File
)

// Selection says which records of a path are wanted.
type Selection struct {
	use     Use    // what the records are for
	Split   string // empty takes what the use asks for
	Version string // program that lists folders, as manifests name it
}

// Input is what a path holds: records with a source that opens them or, for shards of clips, the shards.
type Input struct {
	Kind     Kinds // one of them
	Path     string
	Manifest *manifests.Manifest // the records; nil for shards of clips
	Source   source.Source       // opens the records' URIs; nil for shards of clips
	Shards   *shard.Set          // of clips; nil for records
	Job      shard.Job           // that made the folder, for shards of either kind

	close func() error // nil: nothing to close
}

// Close frees what is held open.
func (in *Input) Close() error {
	if in.close == nil {
		return nil
	}
	return in.close()
}

// Stamp says of a record's file what is cheap to know and changes with its content; it is empty where nothing is.
func (in *Input) Stamp(uri string) string {
	if files, ok := in.Source.(*source.Mux); ok {
		return files.Stamp(uri)
	}
	return ""
}

// Open opens what a path holds, if it is of the allowed kinds. An input without any record or row is an error.
func Open(ctx context.Context, path string, allowed Kinds, s Selection) (*Input, error) {
	at, err := storage.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open clips: %w", err)
	}
	if at.Folder {
		return openFolder(ctx, path, allowed, s)
	}
	switch {
	case allowed&Files != 0 && source.IsArchive(path):
		return openFiles(ctx, path, s)
	case manifests.IsManifest(path):
		return openManifest(ctx, path, s)
	case allowed&File != 0:
		return openRecords(ctx, File, path, singleFile(path))
	}
	return nil, jobs.Usagef("%s is neither a manifest nor a folder of shards", path)
}

func openFolder(ctx context.Context, path string, allowed Kinds, s Selection) (*Input, error) {
	set, err := shard.OpenDir(path)
	switch {
	case err == nil:
		return openShards(path, set, s)
	case errors.Is(err, shard.ErrMedia):
		return openMedia(path, s)
	case errors.Is(err, fs.ErrNotExist) && allowed&Files != 0:
		return openFiles(ctx, path, s)
	}
	return nil, err
}

func openManifest(ctx context.Context, path string, s Selection) (*Input, error) {
	man, err := manifests.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if man, err = s.use.choose(man, s.Split); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return openRecords(ctx, Records, path, man)
}

// openFiles lists a folder, a tar archive or a prefix on an object store.
func openFiles(ctx context.Context, path string, s Selection) (*Input, error) {
	found, err := ingest.Directory(ctx, ingest.DirectoryOptions{Root: path, Tool: "padapter " + s.Version})
	if err != nil {
		return nil, err
	}
	return openRecords(ctx, Files, path, found.Manifest)
}

// singleFile is a manifest of one file.
func singleFile(path string) *manifests.Manifest {
	name := filepath.Base(path)
	return &manifests.Manifest{
		Source: "file", Root: storage.Dir(path),
		Records: []manifests.Record{{ID: name, URI: name, Kind: manifests.Video, Label: manifests.NoLabel, Status: manifests.Found}},
	}
}

func openRecords(ctx context.Context, kind Kinds, path string, man *manifests.Manifest) (*Input, error) {
	if len(man.Records) == 0 {
		return nil, nothingIn(path)
	}
	files, err := source.Open(ctx, man.Root)
	if err != nil {
		return nil, err
	}
	return &Input{Kind: kind, Path: path, Manifest: man, Source: files, close: files.Close}, nil
}

func openMedia(dir string, s Selection) (*Input, error) {
	set, err := shard.OpenMedia(dir)
	if err != nil {
		return nil, err
	}
	job := set.Index().Job
	if err := s.use.allow(dir, job.Splits, s.Split); err != nil {
		return nil, err
	}
	if len(set.Manifest().Records) == 0 {
		return nil, nothingIn(dir)
	}
	return &Input{Kind: Media, Path: dir, Manifest: set.Manifest(), Source: set, Job: job}, nil
}

func openShards(dir string, set *shard.Set, s Selection) (*Input, error) {
	job := set.Index().Job
	if err := s.use.allow(dir, job.Splits, s.Split); err != nil {
		return nil, err
	}
	if set.Rows() == 0 {
		return nil, nothingIn(dir)
	}
	return &Input{Kind: Clips, Path: dir, Shards: set, Job: job}, nil
}

func nothingIn(path string) error { return fmt.Errorf("open clips: %s has no records", path) }

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"padapter/ingest"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/manifests/storage"
	"padapter/models/label"
	"padapter/pipeline/shard"
)

// labelInputs is what is to be labelled. Either records with a source that opens them, or shards of clips.
type labelInputs struct {
	list  []label.Input
	man   *manifests.Manifest // records, as in the list; nil for shards
	src   source.Source
	set   *shard.Set // of clips; nil for records
	media string     // folder of encoded media that the records are in; empty for none
	close func() error

	numbers []int // shards of the set, as in the list; nil for all
}

// shard is the shard of an input.
func (in *labelInputs) shard(i int) *shard.Set {
	if in.numbers != nil {
		i = in.numbers[i]
	}
	return in.set.Shard(i)
}

// Close frees what is held open.
func (in *labelInputs) Close() error {
	if in.close == nil {
		return nil
	}
	return in.close()
}

// openLabelInputs finds what a path holds: the records of a manifest or of a folder of encoded media, shards of clips, the
// videos and images of a folder, a tar archive or an object store's prefix, or one file.
func openLabelInputs(ctx context.Context, path, split string) (*labelInputs, error) {
	at, err := storage.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open clips: %w", err)
	case at.Folder:
		set, err := shard.OpenDir(path)
		switch {
		case err == nil:
			return shardInputs(path, set, split)
		case errors.Is(err, shard.ErrMedia):
			return mediaInputs(path, split)
		case errors.Is(err, fs.ErrNotExist):
			return placeInputs(ctx, path)
		}
		return nil, err
	case source.IsArchive(path):
		return placeInputs(ctx, path)
	case manifests.IsManifest(path):
		man, err := manifests.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if man, err = anyUse.choose(man, split); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return recordInputs(ctx, man)
	}
	return recordInputs(ctx, singleFile(path))
}

// singleFile is a manifest of one file.
func singleFile(path string) *manifests.Manifest {
	name := filepath.Base(path)
	return &manifests.Manifest{
		Source: "file", Root: storage.Dir(path),
		Records: []manifests.Record{{ID: name, URI: name, Kind: manifests.Video, Label: manifests.NoLabel, Status: manifests.Found}},
	}
}

// placeInputs lists a folder, a tar archive or a prefix on an object store.
func placeInputs(ctx context.Context, path string) (*labelInputs, error) {
	found, err := ingest.Directory(ctx, ingest.DirectoryOptions{Root: path, Tool: "padapter " + versionString()})
	if err != nil {
		return nil, err
	}
	return recordInputs(ctx, found.Manifest)
}

var errNoInputs = errors.New("open clips: there is nothing to label")

func recordInputs(ctx context.Context, man *manifests.Manifest) (*labelInputs, error) {
	if len(man.Records) == 0 {
		return nil, errNoInputs
	}
	files, err := source.Open(context.WithoutCancel(ctx), man.Root)
	if err != nil {
		return nil, err
	}
	in := &labelInputs{man: man, src: files, close: files.Close, list: make([]label.Input, len(man.Records))}
	for i := range man.Records {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), files.Close())
		}
		r := &man.Records[i]
		in.list[i] = label.Input{ID: r.ID, Content: recordContent(r, files.Stamp(r.URI))}
	}
	return in, nil
}

// recordContent is the content id of a record: what it names, and what is known of the bytes there.
func recordContent(r *manifests.Record, stamp string) label.Content {
	return label.ContentOf("record", r.ID, r.URI, seconds(r.Start), seconds(r.End), string(r.Status), r.Reason,
		strconv.FormatInt(r.Facts.Bytes, 10), r.Facts.SHA256, stamp)
}

func seconds(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// mediaInputs are the records of a folder of shards that hold encoded media.
func mediaInputs(dir, split string) (*labelInputs, error) {
	set, err := shard.OpenMedia(dir)
	if err != nil {
		return nil, err
	}
	if err := anyUse.allow(dir, set.Index().Job.Splits, split); err != nil {
		return nil, err
	}
	in := &labelInputs{man: set.Manifest(), src: set, media: dir}
	if len(in.man.Records) == 0 {
		return nil, errNoInputs
	}
	for i := range in.man.Records {
		r := &in.man.Records[i]
		in.list = append(in.list, label.Input{ID: r.ID, Content: recordContent(r, fmt.Sprintf("%+v", set.Index().Job))})
	}
	return in, nil
}

// shardInputs are shards of clips.
func shardInputs(dir string, set *shard.Set, split string) (*labelInputs, error) {
	if err := anyUse.allow(dir, set.Index().Job.Splits, split); err != nil {
		return nil, err
	}
	if set.Rows() == 0 {
		return nil, errNoInputs
	}
	in := &labelInputs{set: set}
	for _, e := range set.Index().Shards {
		in.list = append(in.list, label.Input{ID: e.Name, Content: label.ContentOf("shard", e.Name, e.Checksum(), strconv.Itoa(e.Rows))})
	}
	return in, nil
}

// check refuses what the inputs cannot be labelled with.
func (in *labelInputs) check(path string, clip recipe.Clip, opt *labelOptions) error {
	windows := opt.windows.length > 0
	switch {
	case windows && (in.set != nil || in.media != ""):
		return usageErrorf("%s is a folder of shards, windows are cut from videos: give a manifest or a folder of videos", path)
	case in.set == nil:
		return nil
	case opt.views != 1 || opt.crops != 1:
		return usageErrorf("%s is a folder of clips: their views are those that preprocess made", path)
	}
	return holdsClips(path, in.set.Index().Job, clip)
}

// rows is how many rows there will be, or 0 where that shows only when videos are read.
func (in *labelInputs) rows(windows bool) int64 {
	switch {
	case windows:
		return 0
	case in.set != nil:
		return int64(in.set.Rows() / max(1, in.set.Index().Job.Views))
	}
	return int64(len(in.list))
}

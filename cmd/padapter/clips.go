package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/decode"
	"padapter/ingest"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline"
	"padapter/pipeline/batch"
)

// clipSettings say how clips are made of what a path holds.
type clipSettings struct {
	clip       recipe.Clip
	split      string
	seed       uint64
	training   bool // sampled as the recipe trains, and in another order every epoch
	unlabelled bool // a plain folder or a single file will do
	workers    int
}

// openClips opens a manifest, whose records are decoded on the fly, or a folder of shards. For unlabelled clips it also
// takes a folder of videos and images, or one such file.
func openClips(ctx context.Context, path string, s clipSettings) (clipData, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open clips: %w", err)
	}
	switch {
	case info.IsDir() && s.unlabelled:
		found, err := ingest.Directory(ctx, ingest.DirectoryOptions{Root: path, Tool: "padapter " + versionString()})
		if err != nil {
			return nil, err
		}
		return openManifest(found.Manifest, s)
	case info.IsDir():
		return nil, usageErrorf("%s is a folder without shards: name a manifest ('padapter manifest build …'), or a folder that 'padapter preprocess' wrote", path)
	case manifests.IsManifest(path):
		man, err := manifests.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return openManifest(man.Split(s.split), s)
	case s.unlabelled:
		return openManifest(singleFile(path), s)
	}
	return nil, usageErrorf("%s is neither a manifest nor a folder of shards", path)
}

// singleFile is a manifest of one file.
func singleFile(path string) *manifests.Manifest {
	name := filepath.Base(path)
	return &manifests.Manifest{
		Source: "file", Root: filepath.Dir(path),
		Records: []manifests.Record{{ID: name, URI: name, Kind: manifests.Video, Label: manifests.NoLabel, Status: manifests.Found}},
	}
}

// manifestClips decodes a manifest's records anew in every pass.
type manifestClips struct {
	man      *manifests.Manifest
	settings clipSettings
	files    *source.Files
	decoders *pipeline.Decoders
	options  pipeline.Options
}

func openManifest(man *manifests.Manifest, s clipSettings) (*manifestClips, error) {
	if len(man.Records) == 0 {
		return nil, fmt.Errorf("open clips: the manifest has no records (split %q)", s.split)
	}
	if s.workers == 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	files, err := source.NewFiles(man.Root)
	if err != nil {
		return nil, err
	}
	return &manifestClips{
		man: man, settings: s, files: files, decoders: pipeline.NewDecoders(s.workers, decode.Options{}),
		options: pipeline.Options{Workers: s.workers, Seed: s.seed, Training: s.training, Version: versionString()},
	}, nil
}

// errStop ends a pass that the consumer left.
var errStop = errors.New("the consumer stopped")

// Batches decodes one pass.
func (m *manifestClips) Batches(ctx context.Context, epoch int) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		opt := m.options
		opt.Epoch, opt.Decoders = epoch, m.decoders
		if m.settings.training {
			opt.Order = rand.New(rand.NewPCG(m.settings.seed, uint64(epoch))).Perm(len(m.man.Records))
		}
		err := pipeline.Clips(ctx, m.man, m.files, m.settings.clip, opt, func(record arrow.Record) error {
			if !yield(record, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

func (m *manifestClips) Meta() batch.Meta { return pipeline.MetaOf(m.man, m.settings.clip, m.options) }
func (m *manifestClips) Len() int         { return len(m.man.Records) }
func (m *manifestClips) Unflipped() bool  { return !m.settings.training }
func (m *manifestClips) Close() error     { return errors.Join(m.decoders.Close(), m.files.Close()) }

// Identity covers the records and everything that decides their clips.
func (m *manifestClips) Identity() string {
	return fmt.Sprintf("manifest %s, clips %s, seed %d, training %t", m.man.Hash(), m.settings.clip.Hash(), m.settings.seed, m.settings.training)
}

package shard

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/storage"
	"padapter/pipeline/media"
)

// MediaSet is a complete folder of shards that hold media. Its records can be read in any order, by several goroutines.
type MediaSet struct {
	dir   string
	index Index
	man   *manifests.Manifest
	at    map[string]mediaPlace // by record id
}

// mediaPlace is where a record's bytes lie.
type mediaPlace struct {
	shard int32
	row   int32 // within batch
	batch int32 // of an Arrow file
	bytes member
	text  member // of the row's JSON in an archive
}

// OpenMedia opens a folder of media that preprocess has finished. It reads everything but the media.
func OpenMedia(dir string) (*MediaSet, error) {
	ix, err := ReadIndex(dir)
	if err != nil {
		return nil, err
	}
	if ix.Job.Content == "" {
		return nil, fmt.Errorf("open media: %s holds clips", dir)
	}
	if ix.Job.Files == Parquet {
		return nil, fmt.Errorf("open media: %s holds %s in Parquet files, which are for other programs: run preprocess with --files arrow or webdataset to read them here", dir, ix.Job.Content)
	}
	s := &MediaSet{dir: dir, index: ix, at: make(map[string]mediaPlace, ix.Rows),
		man: &manifests.Manifest{Source: "shards", Root: dir, Classes: ix.Job.Classes, Tool: ix.Job.Version}}
	for number, e := range ix.Shards {
		if err := s.load(number, e); err != nil {
			return nil, fmt.Errorf("open media %s: %w", storage.Join(dir, e.Name), err)
		}
	}
	return s, s.man.Validate()
}

// Index describes the folder.
func (s *MediaSet) Index() Index { return s.index }

// Manifest lists the records. Those that could not be read when the shards were made are missing or rejected.
func (s *MediaSet) Manifest() *manifests.Manifest { return s.man }

func (s *MediaSet) load(number int, e Entry) (err error) {
	file, err := storage.Open(storage.Join(s.dir, e.Name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if file.Size() != e.Bytes {
		return fmt.Errorf("it has %d bytes, the index says %d: %w; run preprocess again", file.Size(), e.Bytes, ErrCorrupt)
	}
	rows := 0
	add := func(row media.Row, place mediaPlace) error {
		rows++
		place.shard = int32(number)
		return s.add(row, place)
	}
	if s.index.Job.Files == WebDataset {
		err = loadTar(file, file.Size(), add)
	} else {
		err = loadArrow(file, file.Size(), add)
	}
	if err == nil && rows != e.Rows {
		err = fmt.Errorf("it has %d rows, the index says %d: %w", rows, e.Rows, ErrCorrupt)
	}
	return err
}

// add notes a record.
func (s *MediaSet) add(row media.Row, place mediaPlace) error {
	r := manifests.Record{ID: row.ID, URI: row.URI, Kind: manifests.Kind(row.Kind), Label: manifests.NoLabel, StartSeconds: row.Start, EndSeconds: row.End,
		Status: manifests.Found, Facts: manifests.Facts{SHA256: row.SourceSHA256}}
	if row.Label != nil {
		if r.Label = *row.Label; r.Label < 0 || int(r.Label) >= len(s.man.Classes) {
			return fmt.Errorf("record %s has label %d of %d classes: %w", row.ID, r.Label, len(s.man.Classes), ErrCorrupt)
		}
		r.LabelName = s.man.Classes[r.Label]
	}
	if row.Error != "" {
		reason, text, _ := strings.Cut(row.Error, ": ")
		if r.Status, r.Reason = manifests.Rejected, row.Error; reason == string(manifests.Missing) {
			r.Status, r.Reason = manifests.Missing, text
		}
	}
	if _, twice := s.at[row.ID]; twice {
		return fmt.Errorf("record %s is there twice: %w", row.ID, ErrCorrupt)
	}
	s.at[row.ID] = place
	s.man.Records = append(s.man.Records, r)
	return nil
}

func loadTar(file io.ReaderAt, size int64, add func(media.Row, mediaPlace) error) error {
	f, err := scanTar(file, size, Job{})
	if err != nil {
		return err
	}
	for i, m := range f.rows {
		var row media.Row
		if err := f.readJSON(m.json, &row); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
		if err := add(row, mediaPlace{row: int32(i), bytes: m.media, text: m.json}); err != nil {
			return err
		}
	}
	return nil
}

func loadArrow(file io.ReaderAt, size int64, add func(media.Row, mediaPlace) error) error {
	f, err := openIPC(file, size)
	if err != nil {
		return err
	}
	meta, err := media.MetaOf(f.schema)
	if err != nil {
		return err
	}
	if want, err := media.Schema(meta); err != nil || !f.schema.Equal(want) {
		return fmt.Errorf("its columns are not those of media: %w", ErrCorrupt)
	}
	for b := range f.blocks {
		err := f.withoutMedia(b, func(columns []arrow.Array, places []member) error {
			for i := range places {
				if err := add(media.At(columns, i), mediaPlace{row: int32(i), batch: int32(b), bytes: places[i]}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("record batch %d: %w", b, err)
		}
	}
	return nil
}

// withoutMedia reads a record batch up to the bytes of its last column and says where each row's bytes lie in the file.
func (f *ipcFile) withoutMedia(i int, use func(columns []arrow.Array, places []member) error) error {
	b := f.blocks[i]
	head := make([]byte, b.meta)
	if _, err := f.r.ReadAt(head, b.offset); err != nil {
		return err
	}
	prefix := 4
	if bytes.Equal(head[:4], continuation) {
		prefix = 8
	}
	l := &loader{meta: flat{b: head[prefix:]}, mem: memory.NewGoAllocator()}
	m := &l.meta
	message := m.follow(0)
	table := m.follow(m.field(message, 2))
	first, count := m.structs(table, 2, bufferSize)
	if m.bad || count == 0 || m.field(table, 3) != 0 {
		return errMalformed
	}
	last := first + (count-1)*bufferSize
	from, length := m.i64(last), m.i64(last+8)
	if from < 0 || length < 0 || from > b.body || length > b.body-from || from > maxPrefix {
		return errMalformed
	}
	body := make([]byte, from)
	if _, err := f.r.ReadAt(body, b.offset+int64(b.meta)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	l.body = memory.NewBufferBytes(body)
	columns, offsets, err := l.allButLast(f.schema)
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	if err != nil {
		return err
	}
	places := make([]member, len(offsets)-1)
	for r := range places {
		if offsets[r] < 0 || offsets[r+1] < offsets[r] || int64(offsets[r+1]) > length {
			return errMalformed
		}
		places[r] = member{b.offset + int64(b.meta) + from + int64(offsets[r]), int64(offsets[r+1] - offsets[r])}
	}
	return use(columns, places)
}

// maxPrefix bounds what a record batch holds besides media.
const maxPrefix = 1 << 30

// Open opens the bytes of a record by its id. OpenRecord is for those who have the record.
func (s *MediaSet) Open(_ context.Context, id string) (source.Object, error) {
	place, ok := s.at[id]
	if !ok || place.bytes.size == 0 {
		return nil, fmt.Errorf("%s has no media of %q: %w", s.dir, id, fs.ErrNotExist)
	}
	file, err := storage.Open(storage.Join(s.dir, s.index.Shards[place.shard].Name))
	if err != nil {
		return nil, fmt.Errorf("open media: %w", err)
	}
	return &mediaObject{SectionReader: io.NewSectionReader(file, place.bytes.offset, place.bytes.size), file: file}, nil
}

// OpenRecord opens the bytes of a record.
func (s *MediaSet) OpenRecord(ctx context.Context, r *manifests.Record) (source.Object, error) {
	return s.Open(ctx, r.ID)
}

// Times are the numbers and times in seconds that the frames of a record had in its file; nil for the original bytes.
func (s *MediaSet) Times(r *manifests.Record) (index []int32, pts []float64, err error) {
	place, ok := s.at[r.ID]
	if !ok || s.index.Job.Content != media.Frames {
		return nil, nil, nil
	}
	file, err := storage.Open(storage.Join(s.dir, s.index.Shards[place.shard].Name))
	if err != nil {
		return nil, nil, fmt.Errorf("open media: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var row media.Row
	if s.index.Job.Files == WebDataset {
		err = (&tarFile{r: file}).readJSON(place.text, &row)
		return row.FrameIndex, row.Seconds, err
	}
	f, err := openIPC(file, s.index.Shards[place.shard].Bytes)
	if err == nil && int(place.batch) < len(f.blocks) {
		err = f.withoutMedia(int(place.batch), func(columns []arrow.Array, places []member) error {
			if int(place.row) < len(places) {
				row = media.At(columns, int(place.row))
			}
			return nil
		})
	}
	return row.FrameIndex, row.Seconds, err
}

type mediaObject struct {
	*io.SectionReader
	file storage.Object
}

// Close closes the shard.
func (o *mediaObject) Close() error { return o.file.Close() }

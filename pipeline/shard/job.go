package shard

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"strings"
	"time"

	"padapter/manifests/recipe"
	"padapter/manifests/storage"
	"padapter/manifests/wholefile"
)

// formatVersion is the version of the folder's layout.
const formatVersion = 2

// The names of the folder's own files.
const (
	jobFile    = "job.json"
	indexFile  = "index.json"
	markersDir = "receipts"
)

// Job is everything that decides a folder's bytes. Two jobs that are equal write equal folders.
type Job struct {
	Format       int         `json:"format"`
	Version      string      `json:"version"`       // program that started the job; shards name it
	ManifestHash string      `json:"manifest_hash"` // manifests.Manifest.Hash
	RecipeHash   string      `json:"recipe_hash"`   // of Clip
	Clip         recipe.Clip `json:"clip"`
	Classes      []string    `json:"classes"`
	Seed         uint64      `json:"seed"`
	Epoch        int         `json:"epoch"`
	Training     bool        `json:"training"`      // clips are sampled as for training
	Views        int         `json:"views"`         // rows of each record
	Records      int         `json:"records"`       // of the manifest
	ShardRecords int         `json:"shard_records"` // of each shard but the last
	BatchRows    int         `json:"batch_rows"`    // of each Arrow record batch but a shard's last
	Compression  string      `json:"compression"`   // "none", "lz4" or "zstd"

	Files string `json:"files,omitempty"` // one of Files(); empty is Arrow

	// Splits lists the splits of the records, sorted, with "" for records of none; empty where no record has one, or where
	// the program that began the job did not note them.
	Splits []string `json:"splits,omitempty"`

	// What rows hold where it is not clips: see package media. Clip and RecipeHash are empty then.
	Content   string  `json:"content,omitempty"`    // media.Frames or media.Original
	ShortSide int     `json:"short_side,omitempty"` // of media.Frames, pixels; 0 keeps the size
	FPS       float64 `json:"fps,omitempty"`        // of media.Frames; 0 keeps all frames
	Quality   int     `json:"quality,omitempty"`    // of media.Frames, the JPEG quantizer

	// What makes a record a row with an error. 0 is the program's own limit.
	Timeout   time.Duration `json:"timeout_ns,omitempty"` // for one clip; 0 is none
	MaxPixels int64         `json:"max_pixels,omitempty"` // of a stored frame
	MaxFrames int64         `json:"max_frames,omitempty"` // and packets of a file
}

// Shards is the number of shards.
func (j Job) Shards() int {
	return (j.Records + j.ShardRecords - 1) / j.ShardRecords
}

// Name is a shard's file name.
func (j Job) Name(number int) string { return fmt.Sprintf("clips-%06d%s", number, j.kind().suffix) }

// Rows is the number of rows of a shard.
func (j Job) Rows(number int) int {
	return min(j.ShardRecords, j.Records-number*j.ShardRecords) * j.Views
}

// advice says for each field of Job what to do about a difference.
const advice = "write into another folder, or remove this one to start over"

// differences lists the fields in which another job differs, but for those in which a program may differ from the one
// that began the folder: Version and BatchRows.
func (j Job) differences(other Job) []string {
	var list []string
	a, b := reflect.ValueOf(j), reflect.ValueOf(other)
	for i := range a.NumField() {
		field := a.Type().Field(i)
		switch field.Name {
		case "Version", "BatchRows", // a folder goes on as it was begun
			"RecipeHash", "Splits": // Clip and the manifest's hash cover them
			continue
		}
		x, y := a.Field(i).Interface(), b.Field(i).Interface()
		if reflect.DeepEqual(x, y) {
			continue
		}
		switch field.Name {
		case "ManifestHash":
			list = append(list, fmt.Sprintf("the manifest has changed (%.12s… there, %.12s… now)", x, y))
		case "Clip":
			list = append(list, "the recipe's clip part has changed: "+strings.Join(clipDifferences(j.Clip, other.Clip), ", "))
		default:
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			list = append(list, fmt.Sprintf("%s is %v there and %v now", strings.TrimSuffix(name, "_ns"), x, y))
		}
	}
	return list
}

func clipDifferences(a, b recipe.Clip) []string {
	var list []string
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("yaml"), ",")
			list = append(list, fmt.Sprintf("%s is %v there and %v now", name, x.Field(i), y.Field(i)))
		}
	}
	return list
}

// Begin makes the folder of a job, or finds that of the same job and returns it as it was begun. A folder of another
// job, or one that holds other files, is refused.
func Begin(dir string, job Job) (Job, error) {
	job.Format = formatVersion
	err := CheckFiles(job.Files, job.Compression)
	if err == nil && job.Content != "" && job.Compression != "none" {
		err = fmt.Errorf("compression %q: %s are compressed already, use none", job.Compression, job.Content)
	}
	if err != nil {
		return job, fmt.Errorf("begin shards: %w", err)
	}
	begun, err := readJSON[Job](storage.Join(dir, jobFile))
	switch {
	case err == nil:
		if different := begun.differences(job); len(different) > 0 {
			return job, fmt.Errorf("%s holds shards of another job: %s; %s", dir, strings.Join(different, "; "), advice)
		}
		return begun, storage.MakeFolder(storage.Join(dir, markersDir))
	case !errors.Is(err, fs.ErrNotExist):
		return job, fmt.Errorf("begin shards: %w", err)
	}
	if err := storage.MakeFolder(dir); err != nil {
		return job, fmt.Errorf("begin shards: %w", err)
	}
	err = storage.List(dir, func(e storage.Entry) error {
		if !wholefile.IsDraft(e.Name, jobFile) && e.Name != markersDir {
			return fmt.Errorf("%s holds %s and no %s: give an empty folder, or one of an earlier run", dir, e.Name, jobFile)
		}
		return nil
	})
	if err != nil {
		return job, fmt.Errorf("begin shards: %w", err)
	}
	if err := storage.MakeFolder(storage.Join(dir, markersDir)); err != nil {
		return job, fmt.Errorf("begin shards: %w", err)
	}
	return job, writeJSON(storage.Join(dir, jobFile), job)
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return storage.Write(path, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// readJSON reads a file of exactly the fields of V. A file of a later format is refused with advice.
func readJSON[V any](path string) (v V, err error) {
	text, err := storage.ReadFile(path)
	if err != nil {
		return v, err
	}
	var head struct{ Format int }
	if err := json.Unmarshal(text, &head); err != nil {
		return v, fmt.Errorf("read %s: %w", path, err)
	}
	if head.Format > formatVersion {
		return v, fmt.Errorf("read %s: it has format %d, this program reads up to %d: use a newer padapter", path, head.Format, formatVersion)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("read %s: %w", path, err)
	}
	return v, nil
}

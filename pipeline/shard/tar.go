package shard

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/pipeline/batch"
	"padapter/pipeline/media"
)

// A WebDataset file is a tar archive. The files of one row follow one another and share a name, the row's number in the
// whole set: KEY.json with everything but the pixels, KEY.cls with the label, KEY.npy with the clip as a NumPy array.
// The first file, whose name is that of no row, holds the metadata.

const tarHeader = "__padapter__.json"

// tarRow is KEY.json.
type tarRow struct {
	ID           string      `json:"id"`
	URI          string      `json:"uri"`
	Label        *int32      `json:"label"`
	Class        string      `json:"class,omitempty"`
	View         int32       `json:"view"`
	FrameIndex   []int32     `json:"frame_index,omitempty"`
	Pts          []float64   `json:"pts,omitempty"`
	Crop         *[4]float64 `json:"crop,omitempty"`
	Flip         bool        `json:"flip"`
	SourceSHA256 string      `json:"source_sha256,omitempty"`
	Error        string      `json:"error,omitempty"`
}

type tarSink struct {
	out    *tar.Writer
	meta   batch.Meta
	number int // of the next row
}

func createTar(w *output, schema *arrow.Schema, job Job, firstRow int) (sink, error) {
	if job.Content != "" {
		return createMediaTar(w, schema, firstRow)
	}
	meta, err := batch.MetaOf(schema)
	if err != nil {
		return nil, err
	}
	s := &tarSink{out: tar.NewWriter(w), meta: meta, number: firstRow}
	return s, addHeader(s.out, schema)
}

// addHeader writes the first file of an archive.
func addHeader(out *tar.Writer, schema *arrow.Schema) error {
	text, err := json.Marshal(schema.Metadata().ToMap()) // sorted by key
	if err != nil {
		return err
	}
	return addFile(out, tarHeader, text)
}

// add writes one file.
func (s *tarSink) add(name string, parts ...[]byte) error { return addFile(s.out, name, parts...) }

func addFile(out *tar.Writer, name string, parts ...[]byte) error {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	if err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(size), Format: tar.FormatUSTAR}); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := out.Write(p); err != nil {
			return err
		}
	}
	return nil
}

func tarKey(number int) string { return fmt.Sprintf("%09d", number) }

func (s *tarSink) Write(record arrow.Record) error {
	clips, err := batch.View(record)
	if err != nil {
		return err
	}
	head := npyHeader(s.meta.Shape)
	for i := range clips.Len() {
		key := tarKey(s.number)
		s.number++
		r := clips.Row(i)
		row := tarRow{ID: r.ID, URI: r.URI, View: r.View, FrameIndex: r.FrameIndex, Pts: r.Seconds, Flip: r.Flip, SourceSHA256: r.SourceSHA256, Error: r.Error}
		if r.Error == "" {
			row.Crop = &r.Crop
		}
		if r.Label >= 0 {
			row.Label = &r.Label
			if int(r.Label) < len(s.meta.Classes) {
				row.Class = s.meta.Classes[r.Label]
			}
		}
		text, err := json.Marshal(row)
		if err != nil {
			return err
		}
		if err := s.add(key+".json", text); err != nil {
			return err
		}
		if row.Label != nil {
			if err := s.add(key+".cls", fmt.Appendf(nil, "%d", r.Label)); err != nil {
				return err
			}
		}
		if frames, ok := clips.Frames(i); ok {
			if err := s.add(key+".npy", head, frames); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *tarSink) Close() error { return s.out.Close() }

// npyHeader is the beginning of a NumPy file, version 1.0, of uint8 in C order. Its length is a multiple of 64.
func npyHeader(shape batch.Shape) []byte {
	text := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d, %d), }", shape.Frames, shape.Height, shape.Width, shape.Channels)
	const fixed = 10
	text += strings.Repeat(" ", 63-(fixed+len(text))%64) + "\n"
	head := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(head[8:], uint16(len(text)))
	return append(head, text...)
}

// member is where a file of an archive lies.
type member struct{ offset, size int64 }

// tarMembers lists the files of a row.
type tarMembers struct{ json, media member }

// tarRows is the number of rows that are read at once where no index says.
const tarRows = 16

// maxTarText is the largest JSON file.
const maxTarText = 64 << 20

type tarFile struct {
	r       io.ReaderAt
	header  batch.Meta
	content string // of the metadata
	rows    []tarMembers
	perRead int
	npy     []byte
}

func openTar(r io.ReaderAt, size int64, job Job) (batches, error) {
	f, err := scanTar(r, size, job)
	if err != nil {
		return nil, err
	}
	f.npy = npyHeader(f.header.Shape)
	return f, nil
}

// scanTar reads the headers of an archive. Rows are numbered as they come.
func scanTar(r io.ReaderAt, size int64, job Job) (*tarFile, error) {
	f := &tarFile{r: r, perRead: max(1, job.BatchRows)}
	if job.BatchRows == 0 {
		f.perRead = tarRows
	}
	section := io.NewSectionReader(r, 0, size)
	in := tar.NewReader(section)
	key := ""
	for {
		h, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		at, err := section.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		name, suffix, _ := strings.Cut(h.Name, ".")
		m := member{at, h.Size}
		switch {
		case h.Name == tarHeader:
			if err := f.readHeader(m); err != nil {
				return nil, err
			}
		case suffix == "json":
			key = name
			f.rows = append(f.rows, tarMembers{json: m})
		case name != key:
			return nil, fmt.Errorf("%s does not follow %s.json: %w", h.Name, name, errMalformed)
		case suffix != "cls":
			f.rows[len(f.rows)-1].media = m
		}
	}
	if f.header.Version == "" && f.content == "" {
		return nil, fmt.Errorf("it has no %s: no archive that preprocess made", tarHeader)
	}
	return f, nil
}

func (f *tarFile) readHeader(m member) error {
	var pairs map[string]string
	if err := f.readJSON(m, &pairs); err != nil {
		return err
	}
	if f.content = pairs[media.KeyContent]; f.content != "" {
		return nil
	}
	metadata := arrow.MetadataFrom(pairs)
	var err error
	f.header, err = batch.MetaOf(arrow.NewSchema(nil, &metadata))
	return err
}

func (f *tarFile) read(m member) ([]byte, error) {
	if m.size < 0 || m.size > maxTarText {
		return nil, fmt.Errorf("a text of %d bytes: %w", m.size, errMalformed)
	}
	text := make([]byte, m.size)
	_, err := f.r.ReadAt(text, m.offset)
	return text, err
}

func (f *tarFile) readJSON(m member, v any) error {
	text, err := f.read(m)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

func (f *tarFile) meta() (batch.Meta, error) {
	if f.content != "" {
		return f.header, fmt.Errorf("it holds %s, not clips", f.content)
	}
	return f.header, nil
}

func (f *tarFile) count() int { return (len(f.rows) + f.perRead - 1) / f.perRead }

// record reads rows i·perRead and on.
func (f *tarFile) record(i, rows int, mem memory.Allocator) (arrow.Record, error) {
	first := i * f.perRead
	if have := min(f.perRead, len(f.rows)-first); rows == anyRows {
		rows = have
	} else if rows != have {
		return nil, fmt.Errorf("%d rows, want %d: %w", have, rows, errMalformed)
	}
	b, err := batch.NewBuilder(mem, f.header, rows)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	for n := range rows {
		row, err := f.row(f.rows[first+n], b.Clip(n))
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", first+n, err)
		}
		if err := b.Set(n, row); err != nil {
			return nil, err
		}
	}
	return b.Record(rows)
}

func (f *tarFile) row(m tarMembers, clip []byte) (batch.Row, error) {
	var r tarRow
	if err := f.readJSON(m.json, &r); err != nil {
		return batch.Row{}, err
	}
	row := batch.Row{ID: r.ID, URI: r.URI, Label: -1, View: r.View, FrameIndex: r.FrameIndex, Seconds: r.Pts, Flip: r.Flip, SourceSHA256: r.SourceSHA256, Error: r.Error}
	if r.Label != nil {
		row.Label = *r.Label
	}
	if r.Crop != nil {
		row.Crop = *r.Crop
	}
	if r.Error != "" {
		return row, nil
	}
	if m.media.size != int64(len(f.npy)+len(clip)) {
		return row, fmt.Errorf("%s: its array has %d bytes, want %d: %w", r.ID, m.media.size, len(f.npy)+len(clip), errMalformed)
	}
	head := make([]byte, len(f.npy))
	_, err := f.r.ReadAt(head, m.media.offset)
	if err == nil && !bytes.Equal(head, f.npy) {
		err = errMalformed
	}
	if err != nil {
		return row, fmt.Errorf("%s: %w", r.ID, err)
	}
	if _, err := f.r.ReadAt(clip, m.media.offset+int64(len(head))); err != nil && !errors.Is(err, io.EOF) {
		return row, err
	}
	return row, nil
}

package label

import (
	"fmt"
	"io"
	"path/filepath"

	"padapter/manifests/storage"
	"padapter/models/label"
	"padapter/models/segment"
)

// segmenter turns the rows of one video's windows, as they come, into segments.
type segmenter struct {
	classes  []string
	finder   *segment.Finder
	last     label.Row     // row seen last
	failures []segment.Row // of the video
}

func newSegmenter(find segment.Options, classes []string) (*segmenter, error) {
	finder, err := segment.NewFinder(len(classes), find)
	return &segmenter{classes: classes, finder: finder}, err
}

// instant is the length in seconds of what has none, a still image.
const instant = 1e-3

// add takes the next window.
func (s *segmenter) add(window label.Scored) error {
	row := window.Row
	s.last = row
	if row.Error == "" {
		return s.finder.Add(row.PartSeconds[0], max(row.PartSeconds[1], row.PartSeconds[0]+instant), window.Probabilities)
	}
	s.failures = append(s.failures, segment.Row{ID: row.ID, URI: row.URI, Error: row.Error})
	return nil
}

// finish ends a video: its segments, then its errors.
func (s *segmenter) finish() []segment.Row {
	var rows []segment.Row
	for _, g := range s.finder.Finish() {
		rows = append(rows, segment.Row{ID: s.last.ID, URI: s.last.URI, Label: g.Label, Name: s.classes[g.Label], StartSeconds: g.StartSeconds, EndSeconds: g.EndSeconds, Score: g.Score, Peak: g.Peak})
	}
	rows = append(rows, s.failures...)
	s.failures = nil
	return rows
}

// segmentFiles are the files that segments go into.
type segmentFiles struct {
	file    *segment.File // nil for none
	webvtt  string        // folder; empty for none
	classes []string
}

// createSegments begins the files of segments.
func (o *Options) createSegments(classes []string) (f *segmentFiles, err error) {
	f = &segmentFiles{webvtt: o.WebVTT, classes: classes}
	if f.webvtt != "" {
		if err := storage.MakeFolder(f.webvtt); err != nil {
			return nil, fmt.Errorf("write segments: %w", err)
		}
	}
	if o.SegmentsFile != "" {
		f.file, err = segment.CreateFile(o.SegmentsFile)
	}
	return f, err
}

// write takes the rows of one video.
func (f *segmentFiles) write(id string, rows []segment.Row) error {
	var segments []segment.Segment
	for _, row := range rows {
		if f.file != nil {
			if err := f.file.Write(row); err != nil {
				return err
			}
		}
		if row.Error == "" {
			segments = append(segments, segment.Segment{Label: row.Label, StartSeconds: row.StartSeconds, EndSeconds: row.EndSeconds, Score: row.Score, Peak: row.Peak})
		}
	}
	if f.webvtt == "" {
		return nil
	}
	path := storage.Join(f.webvtt, webvttName(id))
	if err := storage.MakeFolder(storage.Dir(path)); err != nil {
		return fmt.Errorf("write segments: %w", err)
	}
	return storage.Write(path, func(w io.Writer) error { return segment.WriteWebVTT(w, segments, f.classes) })
}

// close publishes the file of segments, or removes it when something failed.
func (f *segmentFiles) close(failed bool) error {
	switch {
	case f.file == nil:
		return nil
	case failed:
		return f.file.Abort()
	}
	return f.file.Commit()
}

// webvttName is a file's path below the folder: the id, which cannot lead out of it.
func webvttName(id string) string {
	return filepath.Clean(filepath.FromSlash("/" + id))[1:] + ".vtt"
}

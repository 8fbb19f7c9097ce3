package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"padapter/manifests/storage"
	"padapter/models/label"
	"padapter/models/segment"
	"padapter/sampler"
)

// windowOptions say how long videos are cut into windows and what becomes of their scores.
type windowOptions struct {
	length, hop float64 // seconds; length 0 takes one clip of each input
	tail        string
	segments    string // file; empty for none
	webvtt      string // folder; empty for none
	find        segment.Options
}

func (o *windowOptions) flags(f *pflag.FlagSet) {
	f.Float64Var(&o.length, "window", 0, "cut videos into windows of so many seconds, a row for each (0: one clip of each video)")
	f.Float64Var(&o.hop, "hop", 0, "seconds from one window's start to the next (0: half a window)")
	f.StringVar(&o.tail, "tail", sampler.TailShift, "the end that no whole window covers: "+strings.Join([]string{sampler.TailShift, sampler.TailShort, sampler.TailDrop}, ", "))
	f.StringVar(&o.segments, "segments", "", "with --window: merge the windows into time segments in this .parquet, .jsonl or .csv file")
	f.StringVar(&o.webvtt, "webvtt", "", "with --window: write each video's segments as a WebVTT file below this folder")
	o.find = segment.DefaultOptions
	f.Float64Var(&o.find.On, "on", o.find.On, "score from which a class is on")
	f.Float64Var(&o.find.Off, "off", o.find.Off, "score below which a class is off again")
	f.Float64Var(&o.find.MinLength, "min-length", o.find.MinLength, "shortest segment in seconds")
	f.Float64Var(&o.find.JoinGap, "join-gap", o.find.JoinGap, "longest gap in seconds between two segments of a class that become one")
	f.Float64Var(&o.find.Meet, "meet", o.find.Meet, "longest gap in seconds between segments of different classes that is closed in its middle; the windows' length suits actions that follow at once")
}

// wanted says whether segments are.
func (o *windowOptions) wanted() bool { return o.segments != "" || o.webvtt != "" }

// sliding is nil without windows.
func (o *windowOptions) sliding() (*sampler.Sliding, error) {
	if o.length == 0 {
		if o.hop != 0 || o.wanted() {
			return nil, usageErrorf("--hop, --segments and --webvtt are about windows: name their length with --window")
		}
		return nil, nil
	}
	win := &sampler.Sliding{Length: o.length, Hop: o.hop, Tail: o.tail}
	if o.hop == 0 {
		win.Hop = o.length / 2
	}
	if err := errors.Join(win.Validate(), o.find.Validate()); err != nil {
		return nil, usageErrorf("%w", err)
	}
	return win, nil
}

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
		return s.finder.Add(row.Part[0], max(row.Part[1], row.Part[0]+instant), window.Probabilities)
	}
	s.failures = append(s.failures, segment.Row{ID: row.ID, URI: row.URI, Error: row.Error})
	return nil
}

// finish ends a video: its segments, then its errors.
func (s *segmenter) finish() []segment.Row {
	var rows []segment.Row
	for _, g := range s.finder.Finish() {
		rows = append(rows, segment.Row{ID: s.last.ID, URI: s.last.URI, Label: g.Label, Name: s.classes[g.Label], Start: g.Start, End: g.End, Score: g.Score, Peak: g.Peak})
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

func (o *windowOptions) create(classes []string) (f *segmentFiles, err error) {
	f = &segmentFiles{webvtt: o.webvtt, classes: classes}
	if f.webvtt != "" {
		if err := storage.MakeFolder(f.webvtt); err != nil {
			return nil, fmt.Errorf("write segments: %w", err)
		}
	}
	if o.segments != "" {
		f.file, err = segment.CreateFile(o.segments)
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
			segments = append(segments, segment.Segment{Label: row.Label, Start: row.Start, End: row.End, Score: row.Score, Peak: row.Peak})
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
	return f.file.Close()
}

// webvttName is a file's path below the folder: the id, which cannot lead out of it.
func webvttName(id string) string {
	return filepath.Clean(filepath.FromSlash("/" + id))[1:] + ".vtt"
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"padapter/manifests/wholefile"
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
}

// sliding is nil without windows.
func (o *windowOptions) sliding() (*sampler.Sliding, error) {
	if o.length == 0 {
		if o.hop != 0 || o.segments != "" || o.webvtt != "" {
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

func noWindowsOf(dir string) error {
	return usageErrorf("%s is a folder of shards, windows are cut from videos: give a manifest or a folder of videos", dir)
}

// segmenter turns the rows of windows, which come video after video, into segments.
type segmenter struct {
	opt     windowOptions
	classes []string
	finder  *segment.Finder
	file    *segment.File // nil for none

	video, uri string        // whose windows come now
	failures   []segment.Row // of that video
}

// newSegmenter returns nil when no segments are wanted.
func newSegmenter(opt windowOptions, classes []string) (*segmenter, error) {
	if opt.segments == "" && opt.webvtt == "" {
		return nil, nil
	}
	finder, err := segment.NewFinder(len(classes), opt.find)
	if err != nil {
		return nil, err
	}
	s := &segmenter{opt: opt, classes: classes, finder: finder}
	if opt.webvtt != "" {
		if err := os.MkdirAll(opt.webvtt, 0o755); err != nil {
			return nil, fmt.Errorf("write segments: %w", err)
		}
	}
	if opt.segments != "" {
		s.file, err = segment.CreateFile(opt.segments)
	}
	return s, err
}

// observe takes a row of label.Run.
func (s *segmenter) observe(row label.Row, probabilities []float32) error {
	if row.ID != s.video {
		if err := s.finish(); err != nil {
			return err
		}
		s.video, s.uri = row.ID, row.URI
	}
	if row.Error == "" {
		return s.finder.Add(row.Part[0], max(row.Part[1], row.Part[0]+instant), probabilities)
	}
	s.failures = append(s.failures, segment.Row{ID: row.ID, URI: row.URI, Error: row.Error})
	return nil
}

// instant is the length in seconds of what has none, a still image.
const instant = 1e-3

// finish ends a video.
func (s *segmenter) finish() error {
	if s.video == "" {
		return nil
	}
	segments := s.finder.Finish()
	id, uri, failures := s.video, s.uri, s.failures
	s.video, s.failures = "", nil
	if s.file != nil {
		var rows []segment.Row
		for _, g := range segments {
			rows = append(rows, segment.Row{ID: id, URI: uri, Label: g.Label, Name: s.classes[g.Label], Start: g.Start, End: g.End, Score: g.Score, Peak: g.Peak})
		}
		for _, row := range append(rows, failures...) {
			if err := s.file.Write(row); err != nil {
				return err
			}
		}
	}
	if s.opt.webvtt == "" {
		return nil
	}
	path := filepath.Join(s.opt.webvtt, webvttName(id))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write segments: %w", err)
	}
	return wholefile.Write(path, func(w io.Writer) error { return segment.WriteWebVTT(w, segments, s.classes) })
}

// webvttName is a file's path below the folder: the id, which cannot lead out of it.
func webvttName(id string) string {
	return filepath.Clean(filepath.FromSlash("/" + id))[1:] + ".vtt"
}

// close publishes the segments, or removes them when the run failed.
func (s *segmenter) close(failed bool) error {
	if s == nil {
		return nil
	}
	if failed {
		if s.file == nil {
			return nil
		}
		return s.file.Abort()
	}
	err := s.finish()
	if s.file == nil {
		return err
	}
	if err != nil {
		return errors.Join(err, s.file.Abort())
	}
	return s.file.Close()
}

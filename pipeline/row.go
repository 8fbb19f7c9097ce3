package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
	"padapter/sampler"
)

// maker turns records into rows.
type maker struct {
	src      source.Source
	decoders *Decoders
	temporal sampler.Temporal
	spatial  sampler.Spatial
	filter   decode.Filter
	opt      Options
}

var filters = map[string]decode.Filter{"bilinear": decode.Bilinear, "bicubic": decode.Bicubic, "area": decode.Area}

func newMaker(src source.Source, clip recipe.Clip, opt Options) (*maker, error) {
	if err := clip.Validate(); err != nil {
		return nil, err
	}
	m := &maker{
		src: src, opt: opt, filter: filters[clip.Filter],
		temporal: sampler.Temporal{Policy: clip.Temporal, Frames: clip.Frames, Stride: clip.Stride},
		spatial:  sampler.Spatial{ShortSide: clip.ShortSide, Height: clip.Height, Width: clip.Width, Crop: sampler.CropCenter},
	}
	if opt.Training {
		m.temporal.Random = clip.TrainTemporal == "random"
		m.spatial.Crop = clip.TrainCrop
		m.spatial.Flip = clip.Flip
	}
	return m, errors.Join(m.temporal.Validate(), m.spatial.Validate())
}

// row makes one row and writes its clip to dst. It fails only when the whole run has to stop.
func (m *maker) row(ctx context.Context, rec *manifests.Record, view int, dst []byte) (batch.Row, error) {
	row := batch.Row{ID: rec.ID, URI: rec.URI, Label: rec.Label, View: int32(view)}
	var reason string
	var err error
	if rec.Status == manifests.Found {
		reason, err = m.decode(ctx, rec, &row, dst)
	} else {
		reason, err = string(rec.Status), errors.New(rec.Reason)
	}
	if stop := context.Cause(ctx); stop != nil {
		return row, stop
	}
	if err != nil {
		row.Error = reason + ": " + oneLine(err.Error())
	}
	m.opt.Stats.add(func(c *Counts) {
		c.Rows++
		if err == nil {
			c.Frames += int64(m.temporal.Frames)
			c.BytesOut += int64(len(dst))
			return
		}
		c.Failed++
		if c.Errors == nil {
			c.Errors = map[string]int64{}
		}
		c.Errors[reason]++
	})
	return row, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// decode fills dst and the row; on failure it says why in one of decode's reasons.
func (m *maker) decode(ctx context.Context, rec *manifests.Record, row *batch.Row, dst []byte) (reason string, err error) {
	if m.opt.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, m.opt.Timeout)
		defer cancel()
	}
	start := time.Now()
	object, err := m.src.Open(ctx, rec.URI)
	opened := time.Since(start)
	if err != nil {
		m.opt.Stats.add(func(c *Counts) { c.Open += opened })
		return reasonOf(err), err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	size := object.Size()
	var clip *decode.Clip
	err = m.decoders.with(ctx, func(d *decode.Decoder) error {
		start = time.Now()
		clip, err = d.Clip(ctx, object, func(info *decode.Info) (decode.Plan, error) {
			return m.plan(info, rec, row.View)
		}, func(decode.Plan) ([]byte, error) { return dst, nil })
		return err
	})
	decoded := time.Since(start)
	m.opt.Stats.add(func(c *Counts) {
		c.Open += opened
		c.Decode += decoded
		c.BytesIn += size
		if clip != nil {
			c.Codec += clip.Work.Codec
			c.Pixels += clip.Work.Pixels
			if len(clip.Warnings) > 0 {
				c.Damaged++
			}
		}
	})
	if err != nil {
		return reasonOf(err), withoutReason(err)
	}
	row.FrameIndex, row.Pts = make([]int32, len(clip.Frames)), make([]float64, len(clip.Frames))
	for i, f := range clip.Frames {
		row.FrameIndex[i], row.Pts[i] = int32(f.Index), f.Seconds
	}
	return "", nil
}

// plan chooses frames and pixels of one clip.
func (m *maker) plan(info *decode.Info, rec *manifests.Record, view int32) (decode.Plan, error) {
	key := sampler.Key{Seed: m.opt.Seed, Epoch: m.opt.Epoch, RecordID: rec.ID, View: int(view)}
	first, last := trimmed(info, rec.Start, rec.End)
	indices, err := m.temporal.Indices(last-first, key)
	if err != nil {
		return decode.Plan{}, err
	}
	for i := range indices {
		indices[i] += first
	}
	region, flip, err := m.spatial.Region(info.Width, info.Height, key)
	if err != nil {
		return decode.Plan{}, err
	}
	return decode.Plan{
		Indices: indices, Region: decode.Region(region), Width: m.spatial.Width, Height: m.spatial.Height,
		Filter: m.filter, HFlip: flip,
	}, nil
}

// trimmed is the range of frames of a record that is part of its file: from the frame on display at start seconds to
// the last one that appears before end seconds, both counted from the first frame; at least one frame.
func trimmed(info *decode.Info, start, end float64) (first, last int) {
	first, last = 0, info.Frames
	if info.Frames == 0 || len(info.Pts) != info.Frames {
		return first, last
	}
	const tick = 1e-9
	if start > 0 {
		first = info.FrameAt(start)
	}
	if end > 0 {
		if last = info.FrameAt(end); info.Seconds(last)-info.Seconds(0) < end-tick {
			last++
		}
	}
	return first, max(last, first+1)
}

// reasonOf names an error in decode's words.
func reasonOf(err error) string {
	if reason := decode.ReasonOf(err); reason != "" {
		return string(reason)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return string(decode.Missing)
	case errors.Is(err, context.DeadlineExceeded):
		return string(decode.Timeout)
	}
	return string(decode.Failed)
}

// withoutReason drops the reason from a decoder's message, for it stands in front of it.
func withoutReason(err error) error {
	var e *decode.Error
	if errors.As(err, &e) {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}

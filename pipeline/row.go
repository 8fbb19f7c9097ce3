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
	"padapter/pipeline/augment"
	"padapter/pipeline/batch"
	"padapter/pipeline/isolate"
	"padapter/pipeline/timelimit"
	"padapter/sampler"
)

// rowDecoder turns records into rows.
type rowDecoder struct {
	src      source.Source
	decoders *Decoders
	clip     recipe.Clip
	temporal sampler.Temporal
	spatial  sampler.Spatial
	filter   decode.Filter
	mirrored []int32 // by class: see recipe.Mirrored
	opt      Options
}

var filters = map[string]decode.Filter{"bilinear": decode.Bilinear, "bicubic": decode.Bicubic, "area": decode.Area}

func newRowDecoder(src source.Source, clip recipe.Clip, classes []string, opt Options) (*rowDecoder, error) {
	if err := clip.Validate(); err != nil {
		return nil, err
	}
	m := &rowDecoder{
		src: src, opt: opt, clip: clip, filter: filters[clip.Filter],
		temporal: sampler.Temporal{Policy: clip.Temporal, Frames: clip.Frames, Stride: clip.Stride, EndPolicy: clip.End},
		spatial:  sampler.Spatial{ShortSide: clip.ShortSide, Height: clip.Height, Width: clip.Width, Crop: sampler.CropCenter},
		mirrored: recipe.Mirrored(classes, clip.FlipLabels),
	}
	if opt.Training {
		m.temporal.Random = clip.TrainTemporal == "random"
		m.spatial.Crop, m.spatial.Flip = clip.TrainCrop, clip.Flip
		if clip.AreaMin > 0 {
			m.spatial.Area = [2]float64{clip.AreaMin, 1}
		}
		if clip.AspectMax > 0 {
			m.spatial.Aspect = [2]float64{1 / clip.AspectMax, clip.AspectMax}
		}
	} else {
		m.temporal.Segments = clip.Segments
		m.spatial.Crop = map[int]string{3: sampler.CropThree, 5: sampler.CropFive}[clip.Crops]
		if m.spatial.Crop == "" {
			m.spatial.Crop = sampler.CropCenter
		}
	}
	return m, errors.Join(m.temporal.Validate(), m.spatial.Validate())
}

// row makes one row and writes its clip to dst. It fails only when the whole run has to stop.
func (m *rowDecoder) row(ctx context.Context, t *ticket, rec *manifests.Record, view int, dst []byte) (batch.Row, error) {
	row := batch.Row{ID: rec.ID, URI: rec.URI, Label: rec.Label, View: int32(view), SourceSHA256: rec.Facts.SHA256}
	var reason string
	var err error
	if rec.Status == manifests.Found {
		reason, err = m.decode(ctx, t, rec, &row, dst)
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
func (m *rowDecoder) decode(ctx context.Context, t *ticket, rec *manifests.Record, row *batch.Row, dst []byte) (reason string, err error) {
	ctx, clock := timelimit.Start(ctx, m.opt.Timeout)
	defer clock.Stop()
	start := time.Now()
	object, was, err := m.open(ctx, rec)
	opened := time.Since(start)
	if err != nil {
		m.opt.Stats.add(func(c *Counts) { c.Open += opened })
		return failure(ctx, err)
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	size := object.Size()
	var clip *decode.Clip
	var want selection
	var decoded time.Duration
	ctx = isolate.Naming(ctx, rec.ID)
	err = m.decoders.with(ctx, t, func(d isolate.Decoder) error {
		start = time.Now()
		defer func() { decoded = time.Since(start) }()
		clip, err = d.Clip(ctx, object, func(info *decode.Info) (decode.Plan, error) {
			var err error
			want, err = m.plan(info, was, rec, row.View)
			return want.plan, err
		}, func(decode.Plan) ([]byte, error) { return dst, nil })
		return err
	})
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
		return failure(ctx, err)
	}
	want.restore(dst, func(i, j int) { clip.Frames[i], clip.Frames[j] = clip.Frames[j], clip.Frames[i] })
	row.FrameIndex, row.Seconds = make([]int32, len(clip.Frames)), make([]float64, len(clip.Frames))
	for i, f := range clip.Frames {
		row.FrameIndex[i], row.Seconds[i] = int32(f.Index), f.Seconds
		if f.Index < len(was.index) {
			row.FrameIndex[i], row.Seconds[i] = was.index[f.Index], was.pts[f.Index]
		}
	}
	r := want.plan.Region
	row.Crop, row.Flip = [4]float64{r.X, r.Y, r.W, r.H}, want.plan.HFlip
	if want.plan.HFlip {
		row.Label = m.mirror(rec.Label)
	}
	if m.opt.Training && m.clip.Augment != (recipe.Augment{}) {
		start = time.Now()
		augment.Apply(m.clip.Augment, augment.Clip{Pixels: dst, Frames: m.clip.Frames, Height: m.clip.Height, Width: m.clip.Width}, m.key(rec, row.View))
		spent := time.Since(start)
		m.opt.Stats.add(func(c *Counts) { c.Augment += spent })
	}
	return "", nil
}

// recordSource is a source that knows records, such as shard.MediaSet.
type recordSource interface {
	OpenRecord(ctx context.Context, r *manifests.Record) (source.Object, error)
	Times(r *manifests.Record) (index []int32, pts []float64, err error)
}

// originalFrames is what a file's frames were in the file that they come from; empty when this is that file.
type originalFrames struct {
	index []int32
	pts   []float64
}

// open opens a record.
func (m *rowDecoder) open(ctx context.Context, rec *manifests.Record) (object source.Object, was originalFrames, err error) {
	src, ok := m.src.(recordSource)
	if !ok {
		object, err = m.src.Open(ctx, rec.URI)
		return object, was, err
	}
	if was.index, was.pts, err = src.Times(rec); err != nil {
		return nil, was, err
	}
	object, err = src.OpenRecord(ctx, rec)
	return object, was, err
}

// key is what the draws for a row depend on.
func (m *rowDecoder) key(rec *manifests.Record, view int32) sampler.Key {
	return sampler.Key{Seed: m.opt.Seed, Epoch: m.opt.Epoch, RecordID: rec.ID, View: int(view)}
}

// plan chooses frames and pixels of one clip.
func (m *rowDecoder) plan(info *decode.Info, was originalFrames, rec *manifests.Record, view int32) (selection, error) {
	inTime, inSpace := m.key(rec, view), m.key(rec, view)
	if crops := max(1, m.clip.Crops); !m.opt.Training && crops > 1 { // all crops of a place in time, then those of the next
		inTime.View, inSpace.View = int(view)/crops, int(view)%crops
	}
	first, last := trimmed(info, rec.StartSeconds, rec.EndSeconds)
	indices, err := m.frames(info, was, first, last, inTime)
	if err != nil {
		return selection{}, err
	}
	region, flip, err := m.spatial.Region(info.Width, info.Height, inSpace)
	if err != nil {
		return selection{}, err
	}
	flip = flip && (rec.Label == manifests.NoLabel || m.mirror(rec.Label) != recipe.NeverMirror)
	return sorted(decode.Plan{
		Indices: indices, Region: decode.Region(region), Width: m.spatial.Width, Height: m.spatial.Height,
		Filter: m.filter, HFlip: flip,
	}), nil
}

// mirror is the label of a mirrored clip, or recipe.NeverMirror.
func (m *rowDecoder) mirror(label int32) int32 {
	if label < 0 || int(label) >= len(m.mirrored) {
		return label
	}
	return m.mirrored[label]
}

// frames chooses among the frames first to last (not included) of a file.
func (m *rowDecoder) frames(info *decode.Info, was originalFrames, first, last int, key sampler.Key) ([]int, error) {
	var ticks []int
	count := last - first
	if m.clip.FPS > 0 && len(info.Pts) == info.Frames {
		times := make([]float64, count)
		for i := range times {
			if times[i] = info.Seconds(first + i); len(was.pts) == info.Frames {
				times[i] = was.pts[first+i]
			}
		}
		var err error
		if ticks, err = sampler.Resample(times, m.clip.FPS); err != nil {
			return nil, err
		}
		count = len(ticks)
	}
	indices, err := m.temporal.Indices(count, key)
	if err != nil {
		return nil, err
	}
	for i, index := range indices {
		if ticks != nil {
			index = ticks[index]
		}
		indices[i] = first + index
	}
	return indices, nil
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

// failure is the reason of a row that could not be made, in decode's words, and the error without it. What ended because
// ctx's time was up is a timeout, whatever the error.
func failure(ctx context.Context, err error) (reason string, _ error) {
	if late := timelimit.Exceeded(ctx); late != nil {
		return string(decode.Timeout), late
	}
	return reasonOf(err), withoutReason(err)
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

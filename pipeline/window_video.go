package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/decode"
	"padapter/manifests"
	"padapter/pipeline/batch"
	"padapter/pipeline/isolate"
	"padapter/pipeline/timelimit"
	"padapter/sampler"
)

// videoWindows cuts one video into windows while its frames come by.
type videoWindows struct {
	*rowDecoder
	rec    *manifests.Record
	win    sampler.Sliding
	meta   batch.Meta
	send   func(arrow.Record) error // takes the record over
	ticket *ticket

	info    *decode.Info
	region  decode.Region
	parts   []sampler.Window // seconds from the file's first frame
	next    int              // window that is opened next
	done    int              // windows that are complete
	pending []*window
	making  []*batch.Builder // that windows done, done+1 … go into
	failed  bool
	halt    error // of send
}

// window is one that some of its frames are still to come for.
type window struct {
	indices []int // frames of the file, not sorted
	last    int   // the largest of them
	clip    []byte
	row     batch.Row
}

// run makes all rows of the video. It fails only when the whole run has to stop.
func (w *videoWindows) run(ctx context.Context) (err error) {
	defer func() {
		for _, b := range w.making {
			b.Release()
		}
	}()
	var reason string
	if w.rec.Status == manifests.Found {
		reason, err = w.stream(ctx)
	} else {
		reason, err = string(w.rec.Status), errors.New(w.rec.Reason)
	}
	w.ticket.done() // what is left waits for the reader
	if w.halt != nil {
		return w.halt
	}
	if stop := context.Cause(ctx); stop != nil {
		return stop
	}
	if err == nil && w.done < len(w.parts) {
		reason, err = string(decode.Failed), fmt.Errorf("the video ended in window %d of %d", w.done, len(w.parts))
	}
	if err != nil {
		w.failed = true
		row := batch.Row{ID: w.rec.ID, URI: w.rec.URI, Label: w.rec.Label, View: int32(w.done), SourceSHA256: w.rec.Facts.SHA256, Error: reason + ": " + oneLine(err.Error())}
		w.opt.Stats.add(func(c *Counts) {
			c.Rows++
			c.Failed++
			if c.Errors == nil {
				c.Errors = map[string]int64{}
			}
			c.Errors[reason]++
		})
		if err := w.place(w.done); err != nil {
			return err
		}
		if err := w.set(row); err != nil {
			return err
		}
	}
	return w.flush()
}

// stream decodes the video; on failure it says why in one of decode's reasons. The time limit is for each window: it does
// not count the wait for a decoder, and for the reader to take windows.
func (w *videoWindows) stream(ctx context.Context) (reason string, err error) {
	ctx, clock := timelimit.Start(ctx, w.opt.Timeout)
	defer clock.Stop()
	start := time.Now()
	object, err := w.src.Open(ctx, w.rec.URI)
	if err != nil {
		return failure(ctx, err)
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	opened := time.Since(start)
	var decoded time.Duration
	ctx = isolate.Naming(ctx, w.rec.ID)
	send := w.send
	w.send = func(record arrow.Record) error {
		defer clock.Pause()()
		return send(record)
	}
	err = w.decoders.with(ctx, w.ticket, func(d isolate.Decoder) error {
		start = time.Now()
		defer func() { decoded = time.Since(start) }()
		_, err := d.Stream(ctx, object, w.plan, func(f decode.Frame, rgb []byte) error {
			before := w.done
			err := w.frame(f, rgb)
			if w.done > before {
				clock.Restart()
			}
			return err
		})
		return err
	})
	w.opt.Stats.add(func(c *Counts) {
		c.Open += opened
		c.Decode += decoded
		c.BytesIn += object.Size()
	})
	if err != nil {
		return failure(ctx, err)
	}
	return "", nil
}

// plan lists the frames of the windows that are not complete yet. It is called anew when the index was wrong.
func (w *videoWindows) plan(info *decode.Info) (decode.Plan, error) {
	w.info, w.pending, w.next = info, nil, w.done
	var err error
	if w.parts, err = w.cut(info); err != nil {
		return decode.Plan{}, err
	}
	region, _, err := w.spatial.Region(info.Width, info.Height, w.key(w.rec, 0))
	if err != nil {
		return decode.Plan{}, err
	}
	w.region = decode.Region(region)
	var wanted []int
	for k := w.done; k < len(w.parts); k++ {
		indices, err := w.indices(k)
		if err != nil {
			return decode.Plan{}, err
		}
		indices = slices.Sorted(slices.Values(indices))
		wanted = append(wanted, indices...)
		if k%1024 == 1023 {
			wanted = unique(wanted)
		}
	}
	return decode.Plan{Indices: unique(wanted), Region: w.region, Width: w.spatial.Width, Height: w.spatial.Height, Filter: w.filter}, nil
}

func unique(indices []int) []int {
	slices.Sort(indices)
	return slices.Compact(indices)
}

// cut lists the windows of the record.
func (w *videoWindows) cut(info *decode.Info) ([]sampler.Window, error) {
	first, last := trimmed(info, w.rec.StartSeconds, w.rec.EndSeconds)
	total := 0.0
	if len(info.Pts) == info.Frames && last > first {
		total = info.Seconds(last-1) - info.Seconds(first)
		if n := last - first; n > 1 {
			total += total / float64(n-1) // the last frame stays on display for as long as the others
		}
	}
	if total <= 0 { // an image, or a video without times
		return []sampler.Window{{Start: w.rec.StartSeconds, End: w.rec.EndSeconds}}, nil
	}
	return windowsFrom(w.win, w.rec.StartSeconds, total)
}

// indices are the frames of window k.
func (w *videoWindows) indices(k int) ([]int, error) {
	first, last := trimmed(w.info, w.parts[k].Start, w.parts[k].End)
	return w.frames(w.info, originalFrames{}, first, last, w.key(w.rec, 0))
}

// frame puts a frame into the windows that it belongs to.
func (w *videoWindows) frame(f decode.Frame, rgb []byte) error {
	for w.next < len(w.parts) {
		indices, err := w.indices(w.next)
		if err != nil {
			return err
		}
		if slices.Min(indices) > f.Index {
			break
		}
		if err := w.place(w.next); err != nil {
			return err
		}
		part := w.parts[w.next]
		w.pending = append(w.pending, &window{
			indices: indices, last: slices.Max(indices), clip: w.pixels(w.next),
			row: batch.Row{
				ID: w.rec.ID, URI: w.rec.URI, Label: w.rec.Label, View: int32(w.next), SourceSHA256: w.rec.Facts.SHA256,
				FrameIndex: make([]int32, len(indices)), Seconds: make([]float64, len(indices)),
				Crop: [4]float64{w.region.X, w.region.Y, w.region.W, w.region.H}, Part: [2]float64{part.Start, part.End},
			},
		})
		w.next++
	}
	for _, o := range w.pending {
		for i, index := range o.indices {
			if index == f.Index {
				copy(o.clip[i*len(rgb):], rgb)
				o.row.FrameIndex[i], o.row.Seconds[i] = int32(f.Index), f.Seconds
			}
		}
	}
	for len(w.pending) > 0 && w.pending[0].last <= f.Index {
		row, size := w.pending[0].row, int64(len(w.pending[0].clip))
		w.pending = w.pending[1:]
		w.opt.Stats.add(func(c *Counts) {
			c.Rows++
			c.Frames += int64(len(row.FrameIndex))
			c.BytesOut += size
		})
		if err := w.set(row); err != nil {
			return err
		}
	}
	return nil
}

// capacity is the number of rows of a batch.
func (w *videoWindows) capacity() int { return w.opt.rows(w.meta.Shape) }

// place makes sure that window k, at most one behind those placed so far, has memory.
func (w *videoWindows) place(k int) error {
	if k/w.capacity()-w.done/w.capacity() < len(w.making) {
		return nil
	}
	b, err := batch.NewBuilder(w.opt.Memory, w.meta, w.capacity())
	if err != nil {
		w.halt = err
		return err
	}
	w.making = append(w.making, b)
	return nil
}

func (w *videoWindows) pixels(k int) []byte {
	return w.making[k/w.capacity()-w.done/w.capacity()].Clip(k % w.capacity())
}

// set completes window w.done and sends its batch when that was the last row of it.
func (w *videoWindows) set(row batch.Row) error {
	b := w.making[0]
	if err := b.Set(w.done%w.capacity(), row); err != nil {
		w.halt = err
		return err
	}
	if w.done++; w.done%w.capacity() > 0 {
		return nil
	}
	w.making = w.making[1:]
	return w.emit(b, b.Capacity())
}

// flush sends the last, incomplete batch.
func (w *videoWindows) flush() error {
	n := w.done % w.capacity()
	if n == 0 || len(w.making) == 0 {
		return nil
	}
	b := w.making[0]
	w.making = w.making[1:]
	return w.emit(b, n)
}

func (w *videoWindows) emit(b *batch.Builder, rows int) error {
	defer b.Release()
	record, err := b.Record(rows)
	if err == nil {
		w.opt.Stats.add(func(c *Counts) { c.Batches++ })
		err = w.send(record)
	}
	w.halt = errors.Join(w.halt, err)
	return err
}

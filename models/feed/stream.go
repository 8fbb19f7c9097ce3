package feed

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
)

// Options control how rows become batches.
type Options struct {
	Size int // slots of a batch, at least 1

	// KeepErrors includes rows with errors in a batch's items, without a slot. Otherwise they are only counted.
	KeepErrors bool
	// Labelled skips and counts rows without a label.
	Labelled bool
	// Partial yields an incomplete last batch with padding. Otherwise its clips are counted as dropped.
	Partial bool

	// ShuffleFrames permutes the frames of every clip by (Seed, epoch, id), to measure what a model learns without
	// frame order.
	ShuffleFrames bool
	// Flip marks half of the clips for mirroring, by (Seed, epoch, id). The recipe of the data defines what happens to
	// clips whose labels mention left or right: see recipe.Mirrored.
	Flip bool
	// Mix blends the clips of full batches, by (Seed, epoch, first id).
	Mix  Mixing
	Seed uint64

	// From resumes after the batch with this Mark; the zero value starts at the beginning. If the data has a method
	// BatchesFrom, earlier rows are not decoded.
	From Stats

	// Waited, if not nil, is called with the time that the loop waited for each batch.
	Waited func(time.Duration)
}

// Stats counts the rows of one pass from its beginning, also if the pass was resumed. It is valid after the iteration
// has ended.
type Stats struct {
	Rows       int64  `json:"rows"`       // rows read
	Clips      int64  `json:"clips"`      // clips yielded
	Failed     int64  `json:"failed"`     // rows with an error
	Unlabelled int64  `json:"unlabelled"` // rows skipped because they have no label
	Dropped    int64  `json:"dropped"`    // clips of an incomplete last batch
	LastError  string `json:"last_error"`
}

// maxItems limits the items of a batch in which most rows have errors.
const maxItems = 4096

// Batches iterates over one pass of data. The error, if any, comes last, with a nil batch.
func Batches(ctx context.Context, data Data, epoch int, opt Options, stats *Stats) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		if opt.Size < 1 {
			yield(nil, fmt.Errorf("feed clips: batch size %d, need at least 1", opt.Size))
			return
		}
		shape := data.Meta().Shape
		ctx, cancel := context.WithCancel(ctx)
		free, ready := make(chan *Batch, 3), make(chan *Batch, 1)
		for range cap(free) {
			free <- newBatch(opt.Size, shape)
		}
		meta := data.Meta()
		f := &filler{mirrored: recipe.Mirrored(meta.Classes, meta.Recipe.FlipLabels), ctx: ctx, opt: opt, epoch: epoch, shape: shape, classes: int32(len(data.Meta().Classes)), free: free, ready: ready, stats: opt.From}
		done := make(chan error, 1)
		go func() {
			err := f.run(data)
			close(ready)
			done <- err
		}()
		stopped := false
		for {
			start := time.Now()
			b, more := <-ready
			if opt.Waited != nil && !stopped {
				opt.Waited(time.Since(start))
			}
			if !more {
				break
			}
			if !stopped && !yield(b, nil) {
				stopped = true
				cancel()
			}
			free <- b
		}
		cancel()
		err := <-done
		*stats = f.stats
		if err != nil && !stopped {
			yield(nil, err)
		}
	}
}

// filler copies clips into batches in its own goroutine.
type filler struct {
	mirrored []int32 // by class: see recipe.Mirrored
	ctx      context.Context
	opt      Options
	epoch    int
	shape    batch.Shape
	classes  int32
	free     <-chan *Batch
	ready    chan<- *Batch

	stats   Stats
	current *Batch
	skip    int64 // rows still to be skipped
}

func (f *filler) run(data Data) error {
	if err := f.next(); err != nil {
		return err
	}
	for record, err := range f.open(data) {
		if err == nil {
			err = f.add(record)
		}
		if err != nil {
			return err
		}
	}
	if err := f.ctx.Err(); err != nil {
		return context.Cause(f.ctx)
	}
	switch {
	case f.opt.Partial && (f.current.Filled > 0 || len(f.current.Items) > 0):
		return f.send()
	case !f.opt.Partial:
		f.stats.Dropped += int64(f.current.Filled)
		f.stats.Clips -= int64(f.current.Filled)
	}
	return nil
}

// open starts the pass at the position given by Options.From.
func (f *filler) open(data Data) iter.Seq2[arrow.Record, error] {
	if d, ok := data.(resumable); ok && f.opt.From.Rows > 0 {
		return d.BatchesFrom(f.ctx, f.epoch, int(f.opt.From.Rows))
	}
	f.skip = f.opt.From.Rows
	return data.Batches(f.ctx, f.epoch)
}

// next takes an empty batch.
func (f *filler) next() error {
	select {
	case f.current = <-f.free:
		f.current.reset()
		return nil
	case <-f.ctx.Done():
		return context.Cause(f.ctx)
	}
}

// send passes the current batch to the caller, with padding of zeros, and takes the next.
func (f *filler) send() error {
	clear(f.current.Frames[f.current.Filled*f.shape.Bytes():])
	f.current.Mark = f.stats
	select {
	case f.ready <- f.current:
		return f.next()
	case <-f.ctx.Done():
		return context.Cause(f.ctx)
	}
}

func (f *filler) add(record arrow.Record) error {
	clips, err := batch.View(record)
	if err != nil {
		return fmt.Errorf("feed clips: %w", err)
	}
	for i := range clips.Len() {
		if f.skip > 0 {
			f.skip--
			continue
		}
		if err := f.addRow(clips, i); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) addRow(clips *batch.Clips, i int) error {
	f.stats.Rows++
	// Strings of the record point into its memory, which is freed before the batch is.
	item := Item{
		ID: strings.Clone(clips.ID(i)), URI: strings.Clone(clips.URI(i)), Error: strings.Clone(clips.Err(i)),
		Label: manifests.NoLabel, View: clips.ViewNumber(i), Slot: -1,
	}
	frames, ok := clips.Frames(i)
	if !ok {
		f.stats.Failed++
		if item.Error == "" {
			item.Error = "corrupt: the row has neither frames nor an error"
		}
		f.stats.LastError = item.ID + ": " + item.Error
		if !f.opt.KeepErrors {
			return nil
		}
		f.current.Items = append(f.current.Items, item)
		if len(f.current.Items) >= maxItems && f.opt.Partial {
			return f.send()
		}
		return nil
	}
	label, labelled := clips.Label(i)
	if labelled {
		item.Label = label
	}
	if labelled && (label < 0 || (f.classes > 0 && label >= f.classes)) {
		return fmt.Errorf("feed clips: record %s has label %d, the data has %d classes", item.ID, label, f.classes)
	}
	if !labelled && f.opt.Labelled {
		f.stats.Unlabelled++
		return nil
	}
	b := f.current
	if want := f.shape.Bytes(); len(frames) != want {
		return fmt.Errorf("feed clips: record %s holds %d bytes of frames, shape %s needs %d", item.ID, len(frames), f.shape, want)
	}
	item.Slot = b.Filled
	item.PartSeconds, _ = clips.Part(i)
	item.Frames = append([]int32(nil), clips.FrameIndex(i)...)
	item.Seconds = append([]float64(nil), clips.Seconds(i)...)
	f.copyClip(b.Clip(item.Slot), frames, item)
	b.Labels[item.Slot] = item.Label
	if f.opt.Flip && mirrored(f.opt.Seed, f.epoch, item.ID, item.View) {
		b.Flips[item.Slot], b.Labels[item.Slot] = f.mirror(item.Label)
	}
	b.Items = append(b.Items, item)
	b.Filled++
	f.stats.Clips++
	if b.Filled == f.opt.Size {
		if f.opt.Mix.on() {
			f.opt.Mix.apply(b, f.opt.Seed, f.epoch)
		}
		return f.send()
	}
	return nil
}

// mirror reports whether a clip with the given label may be mirrored, and the label that it then has.
func (f *filler) mirror(label int32) (allowed bool, became int32) {
	if label < 0 || int(label) >= len(f.mirrored) {
		return true, label
	}
	if became = f.mirrored[label]; became == recipe.NeverMirror {
		return false, label
	}
	return true, became
}

func (f *filler) copyClip(dst, frames []uint8, item Item) {
	if !f.opt.ShuffleFrames {
		copy(dst, frames)
		return
	}
	size := len(frames) / f.shape.Frames
	for to, from := range frameOrder(f.shape.Frames, f.opt.Seed, f.epoch, item.ID, item.View) {
		copy(dst[to*size:(to+1)*size], frames[from*size:(from+1)*size])
	}
}

package feed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"go.uber.org/goleak"

	"padapter/manifests"
	"padapter/models/feed"
	"padapter/models/feed/feedtest"
	"padapter/pipeline/batch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var shape = batch.Shape{Frames: 4, Height: 2, Width: 2, Channels: 3}

// rows are numbered clips: every byte of frame f of clip i is 16·i + f. Clip 4 has an error, clip 6 no label.
func numbered(n int) []feedtest.Row {
	rows := make([]feedtest.Row, n)
	for i := range rows {
		rows[i] = feedtest.Row{ID: fmt.Sprintf("clip%d", i), Label: int32(i % 2), Frames: make([]uint8, shape.Bytes())}
		for j := range rows[i].Frames {
			rows[i].Frames[j] = uint8(16*i + j/(2*2*3))
		}
	}
	if n > 4 {
		rows[4] = feedtest.Row{ID: "clip4", Label: 0, Error: "corrupt: planted"}
	}
	if n > 6 {
		rows[6].Label = manifests.NoLabel
	}
	return rows
}

// collect runs one pass and copies what it yields.
func collect(t *testing.T, source feed.Data, epoch int, opt feed.Options) (ids [][]string, frames [][]uint8, stats feed.Stats) {
	t.Helper()
	for b, err := range feed.Batches(t.Context(), source, epoch, opt, &stats) {
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, item := range b.Items {
			all = append(all, fmt.Sprintf("%s@%d", item.ID, item.Slot))
		}
		ids = append(ids, all)
		frames = append(frames, slices.Clone(b.Frames))
	}
	return ids, frames, stats
}

func TestRowsBecomeBatches(t *testing.T) {
	for _, c := range []struct {
		name string
		opt  feed.Options
		want [][]string
		stat feed.Stats
	}{
		{
			"training drops the incomplete batch", feed.Options{Size: 3, Labelled: true},
			[][]string{{"clip0@0", "clip1@1", "clip2@2"}, {"clip3@0", "clip5@1", "clip7@2"}},
			feed.Stats{Rows: 10, Clips: 6, Failed: 1, Unlabelled: 1, Dropped: 2, LastError: "clip4: corrupt: planted"},
		},
		{
			"labelling keeps everything", feed.Options{Size: 4, KeepErrors: true, Partial: true},
			[][]string{{"clip0@0", "clip1@1", "clip2@2", "clip3@3"}, {"clip4@-1", "clip5@0", "clip6@1", "clip7@2", "clip8@3"}, {"clip9@0"}},
			feed.Stats{Rows: 10, Clips: 9, Failed: 1, LastError: "clip4: corrupt: planted"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, perRecord := range []int{1, 3, 100} {
				source := feedtest.New(t, shape, []string{"a", "b"}, numbered(10))
				source.PerRecord = perRecord
				got, _, stats := collect(t, source, 0, c.opt)
				if !slices.EqualFunc(got, c.want, slices.Equal) {
					t.Errorf("records of %d rows: batches %v, want %v", perRecord, got, c.want)
				}
				if stats != c.stat {
					t.Errorf("records of %d rows: %+v, want %+v", perRecord, stats, c.stat)
				}
			}
		})
	}
}

// A pass that goes on after any of its batches yields the same later batches and the same counts in the end, whether or
// not the source can start in the middle.
func TestPassesGoOnFromAMark(t *testing.T) {
	for _, opt := range []feed.Options{{Size: 3, Labelled: true}, {Size: 2, KeepErrors: true, Partial: true}} {
		source := feedtest.New(t, shape, []string{"a", "b"}, numbered(17))
		want, wantFrames, wantStats := collect(t, source, 0, opt)
		var marks []feed.Stats
		var stats feed.Stats
		for b, err := range feed.Batches(t.Context(), source, 0, opt, &stats) {
			if err != nil {
				t.Fatal(err)
			}
			marks = append(marks, b.Mark)
		}
		for name, data := range map[string]feed.Data{"plain": source, "resumable": resumable{source}} {
			for i, mark := range marks {
				later := opt
				later.From = mark
				got, frames, stats := collect(t, data, 0, later)
				if !slices.EqualFunc(got, want[i+1:], slices.Equal) || !slices.EqualFunc(frames, wantFrames[i+1:], bytes.Equal) || stats != wantStats {
					t.Errorf("%s source after batch %d: %v %+v, want %v %+v", name, i, got, stats, want[i+1:], wantStats)
				}
			}
		}
	}
}

// resumable is a source that can start in the middle of a pass.
type resumable struct{ *feedtest.Source }

func (r resumable) BatchesFrom(ctx context.Context, epoch, skipRows int) iter.Seq2[arrow.Record, error] {
	rest := *r.Source
	rest.Rows = rest.Rows[skipRows:]
	return rest.Batches(ctx, epoch)
}

func TestPixelsAndPadding(t *testing.T) {
	rows := numbered(4)
	_, frames, _ := collect(t, feedtest.New(t, shape, []string{"a", "b"}, rows), 0, feed.Options{Size: 3, Partial: true})
	if len(frames) != 2 {
		t.Fatalf("%d batches, want 2", len(frames))
	}
	if want := slices.Concat(rows[0].Frames, rows[1].Frames, rows[2].Frames); !bytes.Equal(frames[0], want) {
		t.Error("the first batch does not hold the first three clips")
	}
	if want := slices.Concat(rows[3].Frames, make([]uint8, 2*shape.Bytes())); !bytes.Equal(frames[1], want) {
		t.Error("the last batch is not the last clip and zeros")
	}
}

func TestShuffledFramesArePermutedPerClip(t *testing.T) {
	source := feedtest.New(t, shape, []string{"a", "b"}, numbered(4))
	opt := feed.Options{Size: 4, ShuffleFrames: true, Seed: 7}
	_, first, _ := collect(t, source, 0, opt)
	source.PerRecord = 1
	_, again, _ := collect(t, source, 0, opt)
	_, later, _ := collect(t, source, 1, opt)
	if !bytes.Equal(first[0], again[0]) {
		t.Error("one seed and epoch gave two orders")
	}
	if bytes.Equal(first[0], later[0]) {
		t.Error("another epoch gave the same orders")
	}
	orders := map[string]bool{}
	for clip := range 4 {
		var order []uint8
		for f := range 4 {
			at := clip*shape.Bytes() + f*12
			order = append(order, first[0][at]-uint8(16*clip))
			if !bytes.Equal(first[0][at:at+12], bytes.Repeat(first[0][at:at+1], 12)) {
				t.Errorf("clip %d frame %d mixes frames", clip, f)
			}
		}
		orders[string(order)] = true
		slices.Sort(order)
		if !bytes.Equal(order, []uint8{0, 1, 2, 3}) {
			t.Errorf("clip %d has frames %v, want a permutation", clip, order)
		}
	}
	if len(orders) < 2 {
		t.Error("all clips were permuted alike")
	}
}

func TestFlipsAreHalfAndStable(t *testing.T) {
	rows := make([]feedtest.Row, 200)
	for i := range rows {
		rows[i] = feedtest.Row{ID: fmt.Sprint(i), Frames: make([]uint8, shape.Bytes())}
	}
	source := feedtest.New(t, shape, []string{"a"}, rows)
	flips := func(epoch int) (marks []bool) {
		var stats feed.Stats
		for b, err := range feed.Batches(t.Context(), source, epoch, feed.Options{Size: 10, Flip: true, Seed: 1}, &stats) {
			if err != nil {
				t.Fatal(err)
			}
			marks = append(marks, b.Flips...)
		}
		return marks
	}
	first, again, later := flips(0), flips(0), flips(1)
	count := 0
	for _, f := range first {
		if f {
			count++
		}
	}
	if count < 70 || count > 130 {
		t.Errorf("%d of 200 clips flipped", count)
	}
	if !slices.Equal(first, again) || slices.Equal(first, later) {
		t.Error("flips must be the same in one epoch and differ between epochs")
	}
}

func TestFlippedClipsHaveTheMirroredLabel(t *testing.T) {
	classes := []string{"from left to right", "from right to left", "turn left", "hold"}
	rows := make([]feedtest.Row, 200)
	for i := range rows {
		rows[i] = feedtest.Row{ID: fmt.Sprint(i), Label: int32(i % 4), Frames: make([]uint8, shape.Bytes())}
	}
	source := feedtest.New(t, shape, classes, rows)
	flipped := map[int32]int{}
	var stats feed.Stats
	for b, err := range feed.Batches(t.Context(), source, 0, feed.Options{Size: 10, Flip: true, Seed: 1}, &stats) {
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range b.Items {
			label, want := b.Labels[item.Slot], item.Label
			if b.Flips[item.Slot] {
				flipped[item.Label]++
				want = []int32{1, 0, -1, 3}[item.Label]
			}
			if label != want {
				t.Errorf("clip %s of class %d, flipped %v: label %d, want %d", item.ID, item.Label, b.Flips[item.Slot], label, want)
			}
		}
	}
	if flipped[0] == 0 || flipped[1] == 0 || flipped[2] != 0 || flipped[3] == 0 {
		t.Errorf("flipped clips by class: %v", flipped)
	}
}

func TestErrorsAndEarlyEnds(t *testing.T) {
	broken := errors.New("disk on fire")
	drain := func(ctx context.Context, source *feedtest.Source, opt feed.Options) (n int, last error) {
		var stats feed.Stats
		for _, err := range feed.Batches(ctx, source, 0, opt, &stats) {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	}
	t.Run("source", func(t *testing.T) {
		source := feedtest.New(t, shape, []string{"a", "b"}, numbered(4))
		source.PerRecord = 2
		source.Before = func(row int) error {
			if row == 2 {
				return broken
			}
			return nil
		}
		if n, err := drain(t.Context(), source, feed.Options{Size: 2}); n != 1 || !errors.Is(err, broken) {
			t.Errorf("%d batches and %v, want 1 and the source's error", n, err)
		}
	})
	t.Run("label outside the classes", func(t *testing.T) {
		if _, err := drain(t.Context(), feedtest.New(t, shape, []string{"a"}, numbered(4)), feed.Options{Size: 2}); err == nil {
			t.Error("label 1 of 1 class was accepted")
		}
	})
	t.Run("wrong size", func(t *testing.T) {
		if _, err := drain(t.Context(), feedtest.New(t, shape, []string{"a", "b"}, numbered(4)), feed.Options{}); err == nil {
			t.Error("batch size 0 was accepted")
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		source := feedtest.New(t, shape, []string{"a", "b"}, numbered(4))
		source.PerRecord = 1
		source.Before = func(row int) error {
			if row == 2 {
				cancel()
			}
			return nil
		}
		if _, err := drain(ctx, source, feed.Options{Size: 1}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want a cancellation", err)
		}
	})
	t.Run("caller stops", func(t *testing.T) {
		source := feedtest.New(t, shape, []string{"a", "b"}, numbered(40)[:4])
		var stats feed.Stats
		for range feed.Batches(t.Context(), source, 0, feed.Options{Size: 1}, &stats) {
			break
		}
	})
	t.Run("only errors", func(t *testing.T) {
		rows := []feedtest.Row{{ID: "x", Error: "missing: gone"}, {ID: "y", Error: "empty: nothing"}}
		got, _, stats := collect(t, feedtest.New(t, shape, []string{"a"}, rows), 0, feed.Options{Size: 8, KeepErrors: true, Partial: true})
		if len(got) != 1 || !slices.Equal(got[0], []string{"x@-1", "y@-1"}) || stats.Failed != 2 {
			t.Errorf("batches %v, %+v", got, stats)
		}
	})
}

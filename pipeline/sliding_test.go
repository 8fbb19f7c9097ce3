package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/batch"
	"padapter/pipeline/pipelinetest"
	"padapter/sampler"
)

// windowRow is a row of SlidingWindows or Clips, copied.
type windowRow struct {
	id, err string
	view    int32
	part    [2]float64
	index   []int32
	pts     []float64
	crop    [4]float64
	pixels  []byte
}

func copyRows(record arrow.Record, to *[]windowRow) error {
	clips, err := batch.View(record)
	if err != nil {
		return err
	}
	for i := range clips.Len() {
		frames, _ := clips.Frames(i)
		crop, _ := clips.Crop(i)
		part, _ := clips.Part(i)
		*to = append(*to, windowRow{
			id: clips.ID(i), err: clips.Err(i), view: clips.ViewNumber(i), part: part, index: slices.Clone(clips.FrameIndex(i)),
			pts: slices.Clone(clips.Seconds(i)), crop: crop, pixels: bytes.Clone(frames),
		})
	}
	return nil
}

func TestSlidingWindowsAreClipsOfTheirParts(t *testing.T) {
	man := pipelinetest.Corpus(t, 20)
	man.Records[0].StartSeconds, man.Records[0].EndSeconds = 0.1, 0.7 // part of a file
	for _, win := range []sampler.Sliding{
		{Length: 0.3, Hop: 0.1}, {Length: 0.25, Hop: 0.25, Tail: sampler.TailShort}, {Length: 0.05, Hop: 0.4, Tail: sampler.TailDrop}, {Length: 60, Hop: 1},
	} {
		var first []windowRow
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%+v, %d workers", win, workers), func(t *testing.T) {
				mem := checked(t)
				var rows []windowRow
				var last pipeline.Progress
				opt := pipeline.Options{Workers: workers, BatchRows: 3, Memory: mem, Progress: func(p pipeline.Progress) { last = p }}
				err := pipeline.SlidingWindows(t.Context(), man, files(t, man.Root), pipelinetest.Recipe(), win, opt,
					func(record arrow.Record) error { return copyRows(record, &rows) })
				if err != nil {
					t.Fatal(err)
				}
				if last.Done != 20 || last.Total != 20 || last.Failed == 0 {
					t.Errorf("progress %+v", last)
				}
				if first == nil {
					first = rows
					checkWindows(t, man, win, rows)
				}
				if !equalRows(rows, first) {
					t.Error("other rows than with one worker")
				}
			})
		}
	}
}

func equalRows(a, b []windowRow) bool {
	return slices.EqualFunc(a, b, func(a, b windowRow) bool {
		return a.id == b.id && a.err == b.err && a.view == b.view && a.part == b.part && slices.Equal(a.index, b.index) &&
			slices.Equal(a.pts, b.pts) && a.crop == b.crop && bytes.Equal(a.pixels, b.pixels)
	})
}

// checkWindows compares rows with clips of records that name the rows' parts.
func checkWindows(t *testing.T, man *manifests.Manifest, win sampler.Sliding, rows []windowRow) {
	t.Helper()
	parts := &manifests.Manifest{Dataset: man.Dataset, Classes: man.Classes, Root: man.Root}
	at := 0
	for i, rec := range man.Records {
		n := 0
		for ; at < len(rows) && rows[at].id == rec.ID; at++ {
			row := rows[at]
			if int(row.view) != n {
				t.Errorf("record %d: window %d is called %d", i, n, row.view)
			}
			n++
			if row.err != "" {
				parts.Records = append(parts.Records, rec)
				continue
			}
			if n == 1 && row.part[0] != rec.StartSeconds {
				t.Errorf("record %d: the first window begins at %v s", i, row.part[0])
			}
			part := rec
			part.StartSeconds, part.EndSeconds = row.part[0], row.part[1]
			parts.Records = append(parts.Records, part)
		}
		if fails := pipelinetest.Fails(i) != ""; n == 0 || fails && n != 1 {
			t.Errorf("record %d has %d rows", i, n)
		} else if !fails && win.Length < 0.5 && n < 2 {
			t.Errorf("record %d has one window", i)
		}
	}
	if at != len(rows) {
		t.Errorf("row %d is of record %s, out of order", at, rows[at].id)
	}
	var want []windowRow
	if err := pipeline.Clips(t.Context(), parts, files(t, man.Root), pipelinetest.Recipe(), pipeline.Options{Workers: 2},
		func(record arrow.Record) error { return copyRows(record, &want) }); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].view, want[i].part = rows[i].view, rows[i].part
	}
	if !equalRows(rows, want) {
		t.Error("windows differ from clips of the same parts")
	}
}

func TestSlidingWindowsStop(t *testing.T) {
	man := pipelinetest.Corpus(t, 12)
	win := sampler.Sliding{Length: 0.2, Hop: 0.1}
	opt := pipeline.Options{Workers: 2, BatchRows: 2, Memory: checked(t)}
	enough := errors.New("enough")
	calls := 0
	err := pipeline.SlidingWindows(t.Context(), man, files(t, man.Root), pipelinetest.Recipe(), win, opt, func(arrow.Record) error {
		if calls++; calls == 3 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || calls != 3 {
		t.Errorf("emit's error: %v after %d batches", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls = 0
	err = pipeline.SlidingWindows(ctx, man, files(t, man.Root), pipelinetest.Recipe(), win, opt, func(arrow.Record) error {
		calls++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("cancelled: %v after %d batches", err, calls)
	}
	if err := pipeline.SlidingWindows(t.Context(), man, files(t, man.Root), pipelinetest.Recipe(), sampler.Sliding{}, opt, nil); err == nil {
		t.Error("windows without a length are no error")
	}
}

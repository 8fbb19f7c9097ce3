package pipeline_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"

	"padapter/decode"
	"padapter/ingest/source"
	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/batch"
	"padapter/pipeline/isolate"
	"padapter/pipeline/pipelinetest"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == isolate.Child {
		os.Exit(isolate.Serve())
	}
	goleak.VerifyTestMain(m)
}

func files(t testing.TB, root string) *source.Files {
	t.Helper()
	src, err := source.NewFiles(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// checked returns an allocator that has to be empty, and no decoder alive, when the test ends.
func checked(t *testing.T) *memory.CheckedAllocator {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	alive := decode.LiveHandles()
	t.Cleanup(func() {
		mem.AssertSize(t, 0)
		if n := decode.LiveHandles(); n != alive {
			t.Errorf("%d native handles are alive, %d were before", n, alive)
		}
	})
	return mem
}

func TestRowsAreInOrderAndFailuresAreRows(t *testing.T) {
	mem := checked(t)
	man := pipelinetest.Corpus(t, 45)
	var stats pipeline.Stats
	var last pipeline.Progress
	row := 0
	err := pipeline.Clips(t.Context(), man, files(t, man.Root), pipelinetest.Recipe(), pipeline.Options{
		Workers: 3, BatchRows: 7, Memory: mem, Stats: &stats, Progress: func(p pipeline.Progress) { last = p },
	}, func(record arrow.Record) error {
		clips, err := batch.View(record)
		if err != nil {
			return err
		}
		for i := range clips.Len() {
			checkRow(t, man, clips, i, row)
			row++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	counts := stats.Counts()
	if row != 45 || last != (pipeline.Progress{Done: 45, Total: 45, Failed: 12}) || counts.Rows != 45 || counts.Failed != 12 || counts.Batches != 7 {
		t.Errorf("%d rows, progress %+v, counts %+v", row, last, counts)
	}
	for reason, n := range map[string]int64{"missing": 4, "rejected": 4, "unsupported": 4} {
		if counts.Errors[reason] != n {
			t.Errorf("%d rows are %s, want %d", counts.Errors[reason], reason, n)
		}
	}
	if counts.Frames != 33*4 || counts.BytesOut != 33*4*16*16*3 || counts.BytesIn == 0 || counts.Decode == 0 {
		t.Errorf("counts %+v", counts)
	}
}

func checkRow(t *testing.T, man *manifests.Manifest, clips *batch.Clips, i, row int) {
	t.Helper()
	if clips.ID(i) != man.Records[row].ID {
		t.Fatalf("row %d is %s, want %s", row, clips.ID(i), man.Records[row].ID)
	}
	label, labelled := clips.Label(i)
	if !labelled || label != int32(row%2) {
		t.Errorf("row %d has label %d, %v", row, label, labelled)
	}
	frames, ok := clips.Frames(i)
	if want := pipelinetest.Fails(row); want != "" {
		if ok || !strings.HasPrefix(clips.Err(i), want) {
			t.Errorf("row %d: error %q, want %q", row, clips.Err(i), want)
		}
		return
	}
	if !ok {
		t.Fatalf("row %d: %s", row, clips.Err(i))
	}
	if crop, ok := clips.Crop(i); !ok || crop != [4]float64{8, 0, 32, 32} || clips.Flipped(i) { // 48 x 32 becomes 24 x 16, of which 16 x 16 are taken
		t.Errorf("row %d: crop %v, flipped %v", row, crop, clips.Flipped(i))
	}
	for n, index := range []int32{1, 3, 5, 7} { // the middle window of ten frames
		got, want := frames[n*16*16*3], pipelinetest.Shade(row%8, int(index))
		if clips.FrameIndex(i)[n] != index || math.Abs(clips.Seconds(i)[n]-float64(index)/10) > 1e-9 || math.Abs(float64(got)-float64(want)) > 2 {
			t.Errorf("row %d, frame %d: index %d at %g s with shade %d, want %d with %d", row, n, clips.FrameIndex(i)[n], clips.Seconds(i)[n], got, index, want)
		}
	}
}

// digest is a hash of all that a run emits.
func digest(t *testing.T, man *manifests.Manifest, opt pipeline.Options) string {
	t.Helper()
	sum := sha256.New()
	err := pipeline.Clips(t.Context(), man, files(t, man.Root), pipelinetest.Recipe(), opt, func(record arrow.Record) error {
		clips, err := batch.View(record)
		if err != nil {
			return err
		}
		fmt.Fprintln(sum, clips.Len())
		for i := range clips.Len() {
			frames, _ := clips.Frames(i)
			fmt.Fprintln(sum, clips.ID(i), clips.ViewNumber(i), clips.Err(i), clips.FrameIndex(i), clips.Seconds(i), frames)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func TestWorkersDoNotChangeAnything(t *testing.T) {
	man := pipelinetest.Corpus(t, 40)
	opt := pipeline.Options{Workers: 1, BatchRows: 6, Seed: 5, Epoch: 2, Training: true, Views: 2}
	want := digest(t, man, opt)
	for _, workers := range []int{2, 8} {
		opt.Workers = workers
		if got := digest(t, man, opt); got != want {
			t.Errorf("%d workers make other batches than one", workers)
		}
	}
	opt.Epoch = 3
	if digest(t, man, opt) == want {
		t.Error("another epoch has the same clips")
	}
}

func TestOrderAndSkippedRows(t *testing.T) {
	man := pipelinetest.Corpus(t, 12)
	var got []string
	err := pipeline.Clips(t.Context(), man, files(t, man.Root), pipelinetest.Recipe(), pipeline.Options{
		Order: []int{5, 3, 3, 0}, SkipRows: 3, Views: 2, BatchRows: 2,
	}, func(record arrow.Record) error {
		clips, err := batch.View(record)
		if err != nil {
			return err
		}
		for i := range clips.Len() {
			got = append(got, fmt.Sprint(clips.ID(i), "/", clips.ViewNumber(i)))
		}
		return nil
	})
	// A record that is named again has views of its own there.
	if want := "record-0003/1 record-0003/2 record-0003/3 record-0000/0 record-0000/1"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("got %v, %v, want %s", got, err, want)
	}
	err = pipeline.Clips(t.Context(), man, files(t, man.Root), pipelinetest.Recipe(), pipeline.Options{Order: []int{12}}, nil)
	if err == nil || !strings.Contains(err.Error(), "record 12") {
		t.Errorf("got %v, want the record that is not there", err)
	}
}

func TestCancellationLeavesNothingBehind(t *testing.T) {
	man := pipelinetest.Corpus(t, 200)
	for _, stopAfter := range []int{0, 1, 3} {
		t.Run(fmt.Sprint(stopAfter), func(t *testing.T) {
			mem := checked(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if stopAfter == 0 {
				cancel()
			}
			batches := 0
			err := pipeline.Clips(ctx, man, files(t, man.Root), pipelinetest.Recipe(), pipeline.Options{Workers: 4, BatchRows: 5, Memory: mem}, func(arrow.Record) error {
				if batches++; batches == stopAfter {
					cancel()
				}
				return nil
			})
			if !errors.Is(err, context.Canceled) || batches > stopAfter {
				t.Errorf("%d batches, then %v", batches, err)
			}
		})
	}
}

func TestErrorOfEmitStopsTheRun(t *testing.T) {
	mem := checked(t)
	man := pipelinetest.Corpus(t, 100)
	full := errors.New("disk is full")
	batches := 0
	err := pipeline.Clips(t.Context(), man, files(t, man.Root), pipelinetest.Recipe(), pipeline.Options{BatchRows: 3, Memory: mem}, func(arrow.Record) error {
		if batches++; batches == 2 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) || batches != 2 {
		t.Errorf("%d batches, then %v", batches, err)
	}
}

// peak remembers the most bytes that were allocated at once.
type peak struct {
	*memory.CheckedAllocator
	most chan int
}

func (p peak) note() {
	most := <-p.most
	p.most <- max(most, p.CurrentAlloc())
}

func (p peak) Allocate(n int) []byte {
	defer p.note()
	return p.CheckedAllocator.Allocate(n)
}

func (p peak) Reallocate(n int, b []byte) []byte {
	defer p.note()
	return p.CheckedAllocator.Reallocate(n, b)
}

func TestMemoryIsBounded(t *testing.T) {
	man := pipelinetest.Corpus(t, 300)
	clip := pipelinetest.Recipe()
	clipBytes := clip.Frames * clip.Height * clip.Width * 3
	const workers, rows = 2, 4
	mem := peak{checked(t), make(chan int, 1)}
	mem.most <- 0
	seen := 0
	err := pipeline.Clips(t.Context(), man, files(t, man.Root), clip, pipeline.Options{
		Workers: workers, BatchRows: 100, BatchBytes: int64(rows*clipBytes + 1), Memory: mem,
	}, func(record arrow.Record) error {
		if record.NumRows() > rows {
			return fmt.Errorf("%d rows", record.NumRows())
		}
		seen += int(record.NumRows())
		return nil
	})
	if err != nil || seen != 300 {
		t.Fatalf("%d rows, %v", seen, err)
	}
	// One batch being emitted, one being submitted, and those that 2·workers+2 rows in flight can touch.
	limit := (2 + (2*workers+2+rows-1)/rows) * rows * (clipBytes + 1024)
	if most := <-mem.most; most > limit {
		t.Errorf("%d bytes at once, want at most %d", most, limit)
	}
}

func TestPartsOfAFile(t *testing.T) {
	man := pipelinetest.Corpus(t, 3)
	man.Records[0].StartSeconds, man.Records[0].EndSeconds = 0.3, 1 // frames 3 to 9: exactly the window
	man.Records[1].EndSeconds = 0.15                                // frames 0 and 1
	man.Records[2].StartSeconds = 100                               // behind the end: the last frame
	want := [][]int32{{3, 5, 7, 9}, {0, 1, 1, 1}, {9, 9, 9, 9}}
	err := pipeline.Clips(t.Context(), man, files(t, man.Root), pipelinetest.Recipe(), pipeline.Options{}, func(record arrow.Record) error {
		clips, err := batch.View(record)
		for i := range want {
			if err == nil && fmt.Sprint(clips.FrameIndex(i)) != fmt.Sprint(want[i]) {
				t.Errorf("record %d: frames %v, want %v (%s)", i, clips.FrameIndex(i), want[i], clips.Err(i))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// slow is a source whose objects wait for the context's end.
type slow struct{ source.Source }

func (s slow) Open(ctx context.Context, uri string) (source.Object, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestTimeoutIsARow(t *testing.T) {
	man := pipelinetest.Corpus(t, 2)
	rows := 0
	err := pipeline.Clips(t.Context(), man, slow{}, pipelinetest.Recipe(), pipeline.Options{Timeout: 1}, func(record arrow.Record) error {
		clips, err := batch.View(record)
		for i := range int(record.NumRows()) {
			if rows++; err == nil && !strings.HasPrefix(clips.Err(i), "timeout: ") {
				t.Errorf("row %d has the error %q", i, clips.Err(i))
			}
		}
		return err
	})
	if err != nil || rows != 2 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	man := pipelinetest.Corpus(t, 1)
	if err := pipeline.Clips(t.Context(), man, nil, pipelinetest.Recipe(), pipeline.Options{Workers: -1}, nil); err == nil {
		t.Error("-1 workers were taken")
	}
	clip := pipelinetest.Recipe()
	clip.Filter = "sharp"
	if err := pipeline.Clips(t.Context(), man, nil, clip, pipeline.Options{}, nil); err == nil || !strings.Contains(err.Error(), "sharp") {
		t.Errorf("got %v, want the filter", err)
	}
}
